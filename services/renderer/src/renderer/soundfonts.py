"""SoundFont library: the SoundFonts of a folder by name, loaded once for the whole process.

A name is looked up among the existing files and never becomes part of a path. The default SoundFont is a setting and
is never replaced by another one: the operator has to agree to a SoundFont's licence.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from servicekit.faults import SoundFontMissing, SoundFontNotFound

from renderer.loudness.note_profiles import NoteProfileCache
from renderer.soundfont_info import SoundFontInfo, read_soundfont_info
from renderer.synthesis.synthesizer import LoadedSoundFont, Synthesizer, UnreadableSoundFont


class _CacheEntry(NamedTuple):
    """A SoundFont in memory, and the energy profiles of its notes."""

    soundfont: LoadedSoundFont
    profiles: NoteProfileCache


_CACHE: dict[tuple[Path, int], _CacheEntry] = {}
"""By file and modification time. Shared by the process, because a loaded SoundFont can never be freed."""
_CACHE_LOCK = threading.Lock()


class SoundFontLibrary:
    """The SoundFonts of a folder, loaded when first used and then kept in memory.

    Parameters
    ----------
    folder : Path
        Folder of ``<name>.sf2`` files.
    default : str
        Name of the SoundFont of requests that name none.
    """

    def __init__(self, folder: Path, default: str) -> None:
        self.folder = folder
        self.default = default

    def load_default(self) -> None:
        """Load the default SoundFont.

        Raises
        ------
        SoundFontMissing
            If it does not exist or cannot be read.
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
        """Return the file of a SoundFont.

        Parameters
        ----------
        name : str
            File name without ``.sf2``; empty for the default SoundFont.

        Raises
        ------
        SoundFontNotFound
            If there is none of this name; the message lists the available ones.
        """
        wanted, files = name or self.default, self._files()
        path = files.get(wanted)
        if path is None:
            available = ", ".join(sorted(files)) or "none"
            raise SoundFontNotFound(
                f"There is no SoundFont {_shorten(wanted)}. There are: {available}.",
                soundfont=_shorten(wanted),
                available=available,
            )
        return path

    def describe_all(self) -> list[SoundFontInfo]:
        """Return the descriptions of all SoundFonts, sorted by name."""
        files = sorted(self._files().items())
        return [read_soundfont_info(path, is_default=name == self.default) for name, path in files]

    @contextmanager
    def synthesizers(
        self, path: Path, sample_rate_hz: int, n_channels: int, n_synthesizers: int
    ) -> Iterator[list[Synthesizer]]:
        """Yield new synthesizers that play a SoundFont, and close them at the end of the block.

        A synthesizer is used for one piece only: what it played (reverb, controllers, the phase of its chorus) would
        be audible in the next one.

        Parameters
        ----------
        path : Path
            File of the SoundFont.
        sample_rate_hz : int
            8000 to 96000.
        n_channels : int
            MIDI channels of each synthesizer.
        n_synthesizers : int
            Number of synthesizers.

        Raises
        ------
        SoundFontNotFound
            If the file cannot be read.
        """
        loaded = self._load(path).soundfont
        with ExitStack() as stack:
            created = (Synthesizer(loaded, sample_rate_hz, n_channels) for _ in range(n_synthesizers))
            yield [stack.enter_context(synthesizer) for synthesizer in created]

    def note_profiles(self, path: Path) -> NoteProfileCache:
        """Return the energy profiles of a SoundFont's notes.

        Raises
        ------
        SoundFontNotFound
            If the file cannot be read.
        """
        return self._load(path).profiles

    def _load(self, path: Path) -> _CacheEntry:
        """Return the cache entry of a file; the file is loaded if it is new or has changed."""
        key = path, path.stat().st_mtime_ns
        with _CACHE_LOCK:
            entry = _CACHE.get(key)
            if entry is None:
                try:
                    soundfont = LoadedSoundFont(path)
                except UnreadableSoundFont as error:
                    message = f"The SoundFont {path.stem} cannot be read."
                    raise SoundFontNotFound(message, soundfont=path.stem) from error
                entry = _CACHE[key] = _CacheEntry(soundfont, NoteProfileCache(soundfont))
            return entry

    def _files(self) -> dict[str, Path]:
        return {path.stem: path for path in self.folder.glob("*.sf2")}


def _shorten(name: str) -> str:
    """Shorten a name from a request for a message."""
    return name if len(name) <= 80 else f"{name[:80]}..."
