"""Frame spool: it replays what was recorded, and a full disk is a fault."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import pytest
from renderer.loudness.frame_spool import FrameSpool
from servicekit.faults import StoreFull


def test_replays_what_was_recorded() -> None:
    portions = [np.full((64 * count, 2), count, dtype=np.float32) for count in (1, 300, 7)]
    with FrameSpool() as spool:
        passed = list(spool.record(portions))
        twice = [np.concatenate(list(spool.replay())) for _ in range(2)]
    assert len(passed) == 3
    for frames in twice:
        np.testing.assert_array_equal(frames, np.concatenate(portions))


def test_replayed_blocks_may_be_changed_in_place() -> None:
    with FrameSpool() as spool:
        list(spool.record([np.ones((64, 2), dtype=np.float32)]))
        for frames in spool.replay():
            frames *= 2
        assert next(spool.replay()).max() == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_a_full_disk_is_a_fault() -> None:
    unbuffered = cast(BinaryIO, Path("/dev/full").open("wb", buffering=0))  # noqa: SIM115  the spool closes it
    with FrameSpool(unbuffered) as spool, pytest.raises(StoreFull, match="no room to measure the piece's loudness"):
        list(spool.record([np.ones((64, 2), dtype=np.float32)]))
