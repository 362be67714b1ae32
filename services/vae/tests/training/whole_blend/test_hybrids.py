"""Hybrids as whole pieces, measured beside the generated pieces that they blend."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from score import grid as grids
from score import midi
from score.grid import Grid
from score.roles import Role
from vae_training.whole_blend import hybrids  # type: ignore[import-not-found]


@pytest.fixture
def folder(build_grid: Callable[..., Grid], tmp_path: Path) -> Path:
    """Write a hybrid in C that repeats half of its bars, of parents that repeat none and all but one."""

    def piece(*lines: tuple[int, ...]) -> Grid:
        quarters = [(bar, beat, pitch) for bar, line in enumerate(lines) for beat, pitch in enumerate(line)]
        lead = [(16 * bar + 4 * beat, 16 * bar + 4 * beat + 4, pitch) for bar, beat, pitch in quarters]
        return build_grid({Role.LEAD: lead, Role.BASS: [(0, 16 * len(lines), 36)]}, len(lines))

    first, second = piece((60, 62), (64, 65), (67, 69), (71, 72)), piece(*[(72, 60)] * 4)
    pieces = {
        "transposed-1": first,
        "transposed-2": second,
        "arranged-1": first,
        "arranged-2": piece((72, 60), (), (72, 60), ()),
        "hybrid": piece((60, 62), (), (64, 62), (64, 60)),
    }
    for name, grid in pieces.items():
        (tmp_path / f"{name}.mid").write_bytes(midi.write(grids.to_score(grid)))
    entry = {"files": {name: f"{name}.mid" for name in pieces}, "key": [0, False]}
    (tmp_path / "hybrids.json").write_text(json.dumps([entry]))
    return tmp_path


def test_hybrids_are_measured_beside_their_parents(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = folder / "figures.json"
    monkeypatch.setattr(sys, "argv", ["hybrids", "--hybrids", str(folder), "--out", str(out)])
    hybrids.main()
    values = json.loads(out.read_text())["blenders"]["hybrids"]
    assert values["blends"]["lead ends on tonic"] == [1.0]
    assert values["blends"]["repeated lead bars"] == [0.0]
    assert values["parents"]["repeated lead bars"] == [0.375]
    assert values["parents"]["leaps"] == [0.5]
    assert (values["blends"]["silent lead bars"], values["blends"]["bars of one lead"]) == ([1.0], [2.0])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("|")[3].strip() for line in lines if "silent lead" in line] == ["1 of 2 ✗"]
    assert not [line for line in lines if "nearest" in line or "way by" in line]


def test_a_hybrid_without_arranged_parents_has_no_figure_of_silence(folder: Path) -> None:
    (entry,) = json.loads((folder / "hybrids.json").read_text())
    entry["files"] = {name: file for name, file in entry["files"].items() if name not in hybrids.ARRANGED}
    assert hybrids.read_hybrid(folder, entry).arranged is None
