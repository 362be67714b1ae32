"""A synthesis on disk: it plays back as it was recorded, and a full disk is told."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import pytest
from renderer.loudness.frame_spool import Spool
from servicekit.faults import StoreFull


def test_plays_what_was_recorded() -> None:
    portions = [np.full((64 * count, 2), count, dtype=np.float32) for count in (1, 300, 7)]
    with Spool() as spool:
        passed = list(spool.record(portions))
        twice = [np.concatenate(list(spool.play())) for _ in range(2)]
    assert len(passed) == 3
    for played in twice:
        np.testing.assert_array_equal(played, np.concatenate(portions))


def test_what_is_played_may_be_changed() -> None:
    with Spool() as spool:
        list(spool.record([np.ones((64, 2), dtype=np.float32)]))
        for frames in spool.play():
            frames *= 2
        assert next(spool.play()).max() == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_a_full_disk_is_told() -> None:
    unbuffered = cast(BinaryIO, Path("/dev/full").open("wb", buffering=0))  # noqa: SIM115  the spool closes it
    with Spool(unbuffered) as spool, pytest.raises(StoreFull, match="no room to measure the piece's loudness"):
        list(spool.record([np.ones((64, 2), dtype=np.float32)]))
