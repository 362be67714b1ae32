"""Reverb and chorus: each setting is heard, off is off, and what is out of range is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from renderer.synthesis.effects import Chorus, Effects, Reverb
from servicekit.faults import InvalidInput

RATE_HZ = 44_100
QUARTER = 480

Make = Callable[..., Any]


@pytest.fixture(scope="module")
def stroke(piece: Make, track: Make) -> bytes:
    """Make a short note of a brass section, which sends much to the reverb, and of a saw, which does to the chorus."""
    made: bytes = piece(track([(0, QUARTER // 2, 60)], 61, 0), track([(0, QUARTER // 2, 72)], 81, 1))
    return made


def test_reverb_rings_on(stroke: bytes, render: Make) -> None:
    tails = [
        float(np.abs(render(stroke, effects=Effects(reverb, Chorus(level=0.0))).frames[RATE_HZ:]).max())
        for reverb in (Reverb(level=0.0), Reverb(), Reverb(1.0, 1.0))
    ]
    assert tails[0] < 0.2 * tails[1] < 0.1 * tails[2]


@pytest.mark.parametrize(
    "effects",
    [
        Effects(Reverb(level=0.5)),
        Effects(Reverb(room_size=0.9)),
        Effects(Reverb(damping=0.9)),
        Effects(Reverb(width=50.0)),
        Effects(chorus=Chorus(level=1.0)),
        Effects(chorus=Chorus(level=0.0)),
        Effects(chorus=Chorus(voice_count=8)),
        Effects(chorus=Chorus(speed_hz=3.0)),
        Effects(chorus=Chorus(depth_ms=20.0)),
    ],
)
def test_every_setting_is_heard_and_leaves_nothing_behind(stroke: bytes, render: Make, effects: Effects) -> None:
    plain = render(stroke, gain=0.1)
    changed = render(stroke, gain=0.1, effects=effects)
    assert np.abs(changed.frames - plain.frames).max() > 1e-3
    assert render(stroke, gain=0.1).data == plain.data


@pytest.mark.parametrize(
    ("effect", "field", "value", "told"),
    [
        (Reverb, "level", 1.1, "reverb level is 1.1; it can be 0 to 1"),
        (Reverb, "room_size", -0.1, "reverb room size is -0.1; it can be 0 to 1"),
        (Reverb, "damping", float("nan"), "reverb damping is nan; it can be 0 to 1"),
        (Reverb, "width", 101.0, "reverb width is 101; it can be 0 to 100"),
        (Chorus, "level", 10.5, "chorus level is 10.5; it can be 0 to 10"),
        (Chorus, "voice_count", 0, "chorus voice count is 0; it can be 1 to 16"),
        (Chorus, "speed_hz", 0.05, "chorus speed hz is 0.05; it can be 0.1 to 5"),
        (Chorus, "depth_ms", 22.0, "chorus depth ms is 22; it can be 0 to 21"),
    ],
)
def test_settings_out_of_range(effect: type[Any], field: str, value: float, told: str) -> None:
    with pytest.raises(InvalidInput, match=told) as caught:
        effect(**{field: value})
    assert str(caught.value.facts["field"]).endswith(field)
