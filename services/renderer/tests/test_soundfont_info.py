"""Title and copyright of SoundFont files."""

from __future__ import annotations

import struct
from pathlib import Path

from renderer.soundfont_info import SoundFontInfo, read_soundfont_info
from renderer.soundfonts import SoundFontLibrary


def chunk(name: bytes, data: bytes) -> bytes:
    """Return a RIFF chunk."""
    return name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def soundfont(*texts: tuple[bytes, bytes]) -> bytes:
    """Return the head of a SoundFont file."""
    info = chunk(b"LIST", b"INFO" + b"".join(chunk(*text) for text in texts))
    return chunk(b"RIFF", b"sfbk" + info + chunk(b"LIST", b"sdta"))


def test_states_title_and_copyright(tmp_path: Path) -> None:
    data = soundfont((b"ifil", b"\2\0\1\0"), (b"INAM", b"A fine one\0"), (b"ICOP", b"MIT, 2000\0\0"))
    (tmp_path / "Fine.sf2").write_bytes(data)
    (tmp_path / "Cut.sf2").write_bytes(data[:50])
    (tmp_path / "None.sf2").write_bytes(b"hello")
    (tmp_path / "read.me").write_bytes(b"")
    described = SoundFontLibrary(tmp_path, "Fine").describe_all()
    assert described == [
        SoundFontInfo("Cut", 50, False, "A fine", ""),
        SoundFontInfo("Fine", len(data), True, "A fine one", "MIT, 2000"),
        SoundFontInfo("None", 5, False, "", ""),
    ]


def test_the_default_one_is_described() -> None:
    found = read_soundfont_info(Path("/usr/share/sounds/sf2/FluidR3_GM.sf2"), is_default=True)
    assert found.title == "Fluid R3 GM"
    assert found.n_bytes > 100_000_000
