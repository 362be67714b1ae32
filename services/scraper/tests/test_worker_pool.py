"""Worker pool: replies of its processes, whatever else these print."""

from __future__ import annotations

from pathlib import Path

import pytest
from score import midi
from score.model import Note, Score, Track
from scraper.analysis.worker_pool import WorkerPool


async def test_what_a_library_prints_is_no_reply(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")  # FluidSynth's library then prints where it was found
    body = tmp_path / "a.mid"
    body.write_bytes(midi.write(Score(tracks=(Track("Tune", notes=(Note(0, 480, 60, 80),)),))))
    pool = WorkerPool(1)
    try:
        found = await pool.files([body], tmp_path)
    finally:
        await pool.close()
    assert [each["error"] for each in found[0]] == [""]
