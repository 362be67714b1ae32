"""The light page of a shared piece, its player for other sites, and the page of a link that has ended: as HTML.

The templates escape every value: titles come from whoever uploaded a file.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from gateway.files.recordings import provenance_of
from gateway.sharing.description import describe, format_date
from gateway.sharing.roll_marks import RollMarks
from gateway.sharing.roll_svg import to_svg
from gateway.sharing.share_service import SharedPiece
from gateway.sharing.texts import Texts

_FOLDER = Path(__file__).parent
_TEMPLATES = Environment(
    loader=FileSystemLoader(_FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

SCRIPTS = {name: (_FOLDER / "scripts" / name).read_bytes() for name in ("cursor.js", "segue-player.js")}
"""The scripts of the pages, by name."""

FORMATS = (("mid", "MIDI"), ("mp3", "MP3"), ("wav", "WAV"), ("flac", "FLAC"), ("stems", "Stems (ZIP)"))
"""Formats that the page offers."""


@dataclass(frozen=True)
class Source:
    """One of the formats that the player tries, in order: the query of ``/play``, and the media type with its codec."""

    query: str
    codec_type: str

    @property
    def media_type(self) -> str:
        """The media type alone."""
        return self.codec_type.split(";")[0]


_SOURCES = (Source("?format=opus", "audio/ogg; codecs=opus"), Source("", "audio/wav"))


def render_piece(shared: SharedPiece, roll: RollMarks | None, url: str, texts: Texts) -> str:
    """Return the light page.

    Parameters
    ----------
    shared : SharedPiece
        The piece.
    roll : RollMarks or None
        Its notes; None where they cannot be read at the moment.
    url : str
        The whole address of the page.
    texts : mapping of str to str
        The texts of a language.
    """
    ends_at_s = shared.share.expires_at_s
    until = texts["forever"] if ends_at_s is None else texts["until"].format(date=format_date(ends_at_s, texts))
    return _TEMPLATES.get_template("piece.html").render(
        **_player(shared, roll, url, texts),
        published=shared.share.published,
        formats=FORMATS,
        qr=qr_code(url),
        until=until,
    )


def render_embed(shared: SharedPiece, roll: RollMarks | None, url: str, texts: Texts) -> str:
    """Return the player alone, for a frame on another site.

    Parameters
    ----------
    shared : SharedPiece
        The piece.
    roll : RollMarks or None
        Its notes; None where they cannot be read at the moment.
    url : str
        The whole address of the light page.
    texts : mapping of str to str
        The texts of a language.
    """
    return _TEMPLATES.get_template("embed.html").render(**_player(shared, roll, url, texts))


def render_ended(texts: Texts) -> str:
    """Return the page of a link that has ended."""
    return _TEMPLATES.get_template("ended.html").render(t=texts, heading=texts["ended_title"], text=texts["ended"])


def render_unknown(texts: Texts) -> str:
    """Return the page of a link that never existed."""
    return _TEMPLATES.get_template("ended.html").render(t=texts, heading=texts["unknown_title"], text=texts["unknown"])


def qr_code(url: str, is_file: bool = False) -> Markup:
    """Return an address as a QR code, as SVG.

    Parameters
    ----------
    url : str
        The address.
    is_file : bool
        Whether it is to be a file of its own, not part of a page.
    """
    out = io.BytesIO()
    segno.make(url, error="m").save(out, kind="svg", xmldecl=False, svgns=is_file, omitsize=True, border=3, title="QR")
    return Markup(out.getvalue().decode())


def _player(shared: SharedPiece, roll: RollMarks | None, url: str, texts: Texts) -> dict[str, object]:
    return {
        "t": texts,
        "piece": describe(shared.row, shared.piece, texts),
        "path": f"/p/{shared.share.slug}",
        "url": url,
        # A recording is played as it is.
        "sources": (Source("", provenance_of(shared.row).media_type),) if shared.row.is_recording else _SOURCES,
        "roll": roll,
        "svg": None if roll is None else to_svg(roll),
    }
