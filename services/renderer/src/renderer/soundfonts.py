"""SoundFonts by name, from one folder.

A name is looked up among the files that are there; it is never made into a path. The default one is chosen by a
setting and never replaced by another: a SoundFont's licence is for the operator to read.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from servicekit.faults import SoundFontMissing, SoundFontNotFound

from renderer.loudness.note_profiles import Imprints
from renderer.soundfont_info import Listed, describe
from renderer.synthesis.synthesizer import LoadedSoundFont, Synthesizer, UnreadableSoundFont


class _Kept(NamedTuple):
    """A SoundFont in memory, and the imprints taken of it."""

    soundfont: LoadedSoundFont
    imprints: Imprints


_KEPT: dict[tuple[Path, int], _Kept] = {}
"""By file and time of change. Of the process, not of a `SoundFonts`: what is loaded can never be freed (`synth`)."""
_KEPT_LOCK = threading.Lock()


class SoundFonts:
    """The SoundFonts of a folder, loaded when first used and kept.

    Parameters
    ----------
    folder : Path
        Where ``<name>.sf2`` files lie.
    default : str
        Name of the one that is used where none is asked for.
    """

    def __init__(self, folder: Path, default: str) -> None:
        self.folder = folder
        self.default = default

    def load_default(self) -> None:
        """Load the default SoundFont.

        Raises
        ------
        SoundFontMissing
            If it is not there or cannot be read.
        """
        try:
            self._load(self.find(""))
        except SoundFontNotFound as fault:
            raise SoundFontMissing(
                f"{fault.message} Install one (Debian: fluid-soundfont-gm), or name another folder in "
                "RENDERER_SOUNDFONTS and its SoundFont in RENDERER_SOUNDFONT.",
                soundfont=self.default,
            ) from fault

    def find(self, name: str) -> Path:
        """Give the file of a SoundFont.

        Parameters
        ----------
        name : str
            Its file's name without ``.sf2``; empty for the default one.

        Raises
        ------
        SoundFontNotFound
            If there is none of this name; it tells those that there are.
        """
        wanted, files = name or self.default, self._files()
        path = files.get(wanted)
        if path is None:
            available = ", ".join(sorted(files)) or "none"
            raise SoundFontNotFound(
                f"There is no SoundFont {_shown(wanted)}. There are: {available}.",
                soundfont=_shown(wanted),
                available=available,
            )
        return path

    def listed(self) -> list[Listed]:
        """Describe every SoundFont, sorted by name."""
        return [describe(path, is_default=name == self.default) for name, path in sorted(self._files().items())]

    @contextmanager
    def synthesizers(
        self, path: Path, sample_rate_hz: int, channel_count: int, count: int
    ) -> Iterator[list[Synthesizer]]:
        """Give fresh synthesisers that play a SoundFont, for as long as the block lasts.

        A synthesiser is used for one piece and never again, for what it played (echoes, controllers, the phase of its
        chorus) would be heard in the next.

        Raises
        ------
        SoundFontNotFound
            If the file cannot be read.
        """
        loaded = self._load(path).soundfont
        with ExitStack() as stack:
            made = (Synthesizer(loaded, sample_rate_hz, channel_count) for _ in range(count))
            yield [stack.enter_context(synthesizer) for synthesizer in made]

    def imprints(self, path: Path) -> Imprints:
        """Give the imprints of a SoundFont, as many as are known by now.

        Raises
        ------
        SoundFontNotFound
            If the file cannot be read.
        """
        return self._load(path).imprints

    def _load(self, path: Path) -> _Kept:
        """Give what is kept of a file, which is loaded if it is new or has changed."""
        key = path, path.stat().st_mtime_ns
        with _KEPT_LOCK:
            kept = _KEPT.get(key)
            if kept is None:
                try:
                    soundfont = LoadedSoundFont(path)
                except UnreadableSoundFont as error:
                    message = f"The SoundFont {path.stem} cannot be read."
                    raise SoundFontNotFound(message, soundfont=path.stem) from error
                kept = _KEPT[key] = _Kept(soundfont, Imprints(soundfont))
            return kept

    def _files(self) -> dict[str, Path]:
        return {path.stem: path for path in self.folder.glob("*.sf2")}


def _shown(name: str) -> str:
    """Shorten a name that a caller made up, for a message."""
    return name if len(name) <= 80 else f"{name[:80]}..."
