"""SoundFonts by name, from one folder.

A name is looked up among the files that are there; it is never made into a path. The default one is chosen by a
setting and never replaced by another: a SoundFont's licence is for the operator to read.
"""

from __future__ import annotations

from pathlib import Path

from servicekit.faults import SoundFontMissing, SoundFontNotFound

from renderer.synth import SampleCache, UnreadableSoundFont


class SoundFonts:
    """The SoundFonts of a folder, loaded when first used and kept.

    Parameters
    ----------
    folder : Path
        Where ``<name>.sf2`` files lie.
    default : str
        Name of the one that is used where none is asked for.
    capacity : int
        How many are kept in memory.
    """

    def __init__(self, folder: Path, default: str, capacity: int) -> None:
        self.folder = folder
        self.default = default
        self._cache = SampleCache(capacity)

    def load_default(self) -> None:
        """Load the default SoundFont.

        Raises
        ------
        SoundFontMissing
            If it is not there or cannot be read.
        """
        try:
            self.find("")
        except SoundFontNotFound as fault:
            raise SoundFontMissing(
                f"{fault.message} Install one (Debian: fluid-soundfont-gm), or name another folder in "
                "RENDERER_SOUNDFONTS and its SoundFont in RENDERER_SOUNDFONT.",
                soundfont=self.default,
            ) from fault

    def find(self, name: str) -> Path:
        """Give the file of a SoundFont, loaded.

        Parameters
        ----------
        name : str
            Its file's name without ``.sf2``; empty for the default one.

        Raises
        ------
        SoundFontNotFound
            If there is none of this name, or FluidSynth cannot read it.
        """
        wanted = name or self.default
        path = self._files().get(wanted)
        if path is None:
            raise SoundFontNotFound(f"There is no SoundFont {_shown(wanted)}.", soundfont=_shown(wanted))
        try:
            self._cache.hold(path)
        except UnreadableSoundFont as error:
            raise SoundFontNotFound(f"The SoundFont {wanted} cannot be read.", soundfont=wanted) from error
        return path

    def close(self) -> None:
        """Free what is loaded."""
        self._cache.close()

    def _files(self) -> dict[str, Path]:
        return {path.stem: path for path in self.folder.glob("*.sf2")}


def _shown(name: str) -> str:
    """Shorten a name that a caller made up, for a message."""
    return name if len(name) <= 80 else f"{name[:80]}..."
