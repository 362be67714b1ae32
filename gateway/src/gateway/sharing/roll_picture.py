"""The picture of a shared piece that chats and social networks show: its roll in two inks, 1200 x 630, as PNG."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFont

from gateway.sharing.roll_marks import Ink, Mark, RollMarks

WIDTH, HEIGHT = 1200, 630
"""The size that the Open Graph protocol's readers ask for."""

_SCALE = 2
"""Everything is painted larger by this factor and reduced at the end, which smooths its edges."""

_PAPER, _INK, _SOFT, _LINE = "#f1f3f0", "#171b33", "#4b5069", "#c9cfce"
_PLATES: dict[Ink, str] = {"first": "#ee4a2b", "second": "#2b62e3", "both": "#6b2a6f"}
"""The color of each plate. Both inks would be nearly black: the page, too, has a violet for what lies between."""
_N_COLORS = 96

_MARGIN = 64
_ROLL = (_MARGIN, 296, WIDTH - _MARGIN, HEIGHT - 52)
"""Left, top, right and bottom of the roll."""

_FONTS = Path(__file__).parent / "fonts"
_TITLE_SIZES = (76, 58, 50)
_TITLE_BASELINE = 212
_MAX_LINES = 2
_ELLIPSIS = "…"

_Box = tuple[float, float, float, float]


def paint(title: str, caption: str, roll: RollMarks) -> bytes:
    """Return the picture of a piece. The same piece and texts give the same bytes.

    Parameters
    ----------
    title : str
        Title of the piece.
    caption : str
        One line below it, such as its key and tempo.
    roll : RollMarks
        Its notes.
    """
    canvas = Image.new("RGB", (WIDTH * _SCALE, HEIGHT * _SCALE), _PAPER)
    _paint_bars(ImageDraw.Draw(canvas), roll)
    for ink, color in _PLATES.items():
        plate = Image.new("RGB", canvas.size, "white")
        _print_plate(ImageDraw.Draw(plate), ink, color, roll.marks)
        # Inks on paper: where both lie on each other, the color is darker than each.
        canvas = ImageChops.multiply(canvas, plate)
    _paint_texts(ImageDraw.Draw(canvas), title, caption)
    small = canvas.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.quantize(_N_COLORS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def _paint_bars(draw: ImageDraw.ImageDraw, roll: RollMarks) -> None:
    """Draw a line for each fourth bar, and one below the roll."""
    left, top, right, bottom = _ROLL
    for bar in roll.bars[::4]:
        x = left + bar * (right - left)
        draw.rectangle(_scaled((x, top, x + 1, bottom)), fill=_LINE)
    draw.rectangle(_scaled((left, bottom + 6, right, bottom + 7)), fill=_LINE)


def _print_plate(draw: ImageDraw.ImageDraw, ink: Ink, color: str, marks: Sequence[Mark]) -> None:
    """Print the marks of one ink, and its half of the logo.

    Parameters
    ----------
    draw : ImageDraw
        The white plate.
    ink : Ink
        The ink.
    color : str
        Its color.
    marks : sequence of Mark
        The marks in all inks.
    """
    for mark in marks:
        if mark.ink == ink:
            _print_mark(draw, mark, color)
    if ink != "both":
        _print_note_head(draw, ink, color)


def _print_mark(draw: ImageDraw.ImageDraw, mark: Mark, color: str) -> None:
    left, top, right, bottom = _ROLL
    x, y = left + mark.x * (right - left), top + mark.y * (bottom - top)
    height = max(3.0, mark.height * (bottom - top) - 1)
    if mark.is_drum:
        radius, middle = max(2.5, height * 0.42), y + height / 2
        corners = [(x - radius, middle), (x, middle - radius), (x + radius, middle), (x, middle + radius)]
        draw.polygon([(each * _SCALE, other * _SCALE) for each, other in corners], fill=color)
        return
    width = max(2.5, mark.width * (right - left) - 1)
    radius = min(2.5, width / 2, height / 2) * _SCALE
    draw.rounded_rectangle(_scaled((x, y, x + width, y + height)), radius, fill=color)


def _print_note_head(draw: ImageDraw.ImageDraw, ink: Ink, color: str) -> None:
    """Print one of the logo's two note heads: an ellipse that leans to the right."""
    center = (_MARGIN + 18, 62) if ink == "first" else (_MARGIN + 37, 52)
    head = Image.new("L", (60 * _SCALE, 60 * _SCALE))
    ImageDraw.Draw(head).ellipse(_scaled((11, 16, 49, 44)), fill=255)
    place = (round((center[0] - 30) * _SCALE), round((center[1] - 30) * _SCALE))
    draw.bitmap(place, head.rotate(24, Image.Resampling.BICUBIC), fill=color)


def _paint_texts(draw: ImageDraw.ImageDraw, title: str, caption: str) -> None:
    draw.text((142 * _SCALE, 70 * _SCALE), "Segue", _INK, _font("bodoni-moda-italic", 42, 620), anchor="ls")
    size, lines = _set_title(title)
    font = _font("bodoni-moda-italic", size, 560)
    for index, line in enumerate(reversed(lines)):
        y = _TITLE_BASELINE - index * size * 1.05
        draw.text((_MARGIN * _SCALE, y * _SCALE), line, _INK, font, anchor="ls")
    text = _printable(caption, _font("atkinson-hyperlegible-next", 26, 450))
    draw.text((_MARGIN * _SCALE, 264 * _SCALE), text, _SOFT, _font("atkinson-hyperlegible-next", 26, 450), anchor="ls")


def _set_title(title: str) -> tuple[int, list[str]]:
    """Return the largest size in which a title fits, and its lines; the last one is cut if none fits."""
    text = _printable(title, _font("bodoni-moda-italic", _TITLE_SIZES[-1], 560))
    lines: list[str] = []
    for size in _TITLE_SIZES:
        lines = _wrap(text, size)
        # Two lines of the largest size would reach into the logo.
        n_lines = 1 if size == _TITLE_SIZES[0] else _MAX_LINES
        if len(lines) <= n_lines and all(_fits(line, size) for line in lines):
            return size, lines
    size = _TITLE_SIZES[-1]
    return size, [_cut(line, size) for line in (*lines[: _MAX_LINES - 1], " ".join(lines[_MAX_LINES - 1 :]))]


def _wrap(text: str, size: int) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and not _fits(longer, size):
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _cut(line: str, size: int) -> str:
    if _fits(line, size):
        return line
    # No title is longer than a file name, but each check takes as long as its text.
    short = line[:120]
    while short and not _fits(short + _ELLIPSIS, size):
        short = short[:-1]
    return short.rstrip() + _ELLIPSIS


def _fits(line: str, size: int) -> bool:
    if len(line) > 200:
        return False
    available = (WIDTH - 2 * _MARGIN) * _SCALE
    return _font("bodoni-moda-italic", size, 560).getlength(line) <= available


def _printable(text: str, font: ImageFont.FreeTypeFont) -> str:
    """Return a text without the accents and characters that a font lacks."""
    missing = bytes(font.getmask("\uffff"))

    def has(character: str) -> bool:
        return character.isspace() or bytes(font.getmask(character)) != missing

    letters = (char if has(char) else unicodedata.normalize("NFKD", char) for char in text)
    found = "".join(char for letter in letters for char in letter if has(char) and not unicodedata.combining(char))
    return " ".join(found.split())


@cache
def _font(name: str, size: int, weight: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.truetype(_FONTS / f"{name}.woff2", size * _SCALE)
    font.set_variation_by_axes([weight])
    return font


def _scaled(box: _Box) -> _Box:
    left, top, right, bottom = (each * _SCALE for each in box)
    return left, top, right, bottom
