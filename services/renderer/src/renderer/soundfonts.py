"""SoundFonts by name, from one folder.

A name is looked up among the files that are there; it is never made into a path. The default one is chosen by a
setting and never replaced by another: a SoundFont's licence is for the operator to read.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from servicekit.faults import SoundFontMissing, SoundFontNotFound

from renderer.rack import Rack
from renderer.synth import Synthesizer, UnreadableSoundFont


class SoundFonts:
    """The SoundFonts of a folder, loaded when first used and kept.

    Parameters
    ----------
    folder : Path
        Where ``<name>.sf2`` files lie.
    default : str
        Name of the one that is used where none is asked for.
    capacity : int
        How many are kept in memory, each with its sample rate.
    """

    def __init__(self, folder: Path, default: str, capacity: int) -> None:
        self.folder = folder
        self.default = default
        self._rack = Rack(capacity)

    def load_default(self, sample_rate_hz: int) -> None:
        """Load the default SoundFont.

        Raises
        ------
        SoundFontMissing
            If it is not there or cannot be read.
        """
        try:
            with self.synthesizer(self.find(""), sample_rate_hz, channel_count=1):
                pass
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
            If there is none of this name.
        """
        wanted = name or self.default
        path = self._files().get(wanted)
        if path is None:
            raise SoundFontNotFound(f"There is no SoundFont {_shown(wanted)}.", soundfont=_shown(wanted))
        return path

    @contextmanager
    def synthesizer(self, path: Path, sample_rate_hz: int, channel_count: int) -> Iterator[Synthesizer]:
        """Give a fresh synthesiser that has loaded a SoundFont, for as long as the block lasts.

        Raises
        ------
        SoundFontNotFound
            If the file cannot be read.
        """
        try:
            synthesizer = self._rack.take(path, sample_rate_hz, channel_count)
        except UnreadableSoundFont as error:
            raise SoundFontNotFound(f"The SoundFont {path.stem} cannot be read.", soundfont=path.stem) from error
        try:
            yield synthesizer
        finally:
            self._rack.refill(path, sample_rate_hz)
            synthesizer.close()

    def close(self) -> None:
        """Free what is loaded."""
        self._rack.close()

    def _files(self) -> dict[str, Path]:
        return {path.stem: path for path in self.folder.glob("*.sf2")}


def _shown(name: str) -> str:
    """Shorten a name that a caller made up, for a message."""
    return name if len(name) <= 80 else f"{name[:80]}..."
