"""Reverb and chorus: each setting is audible, off is off, and values out of range are refused."""

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
    """Create a short note of a brass section, with a high reverb send, and of a saw, with a high chorus send."""
    created: bytes = piece(track([(0, QUARTER // 2, 60)], 61, 0), track([(0, QUARTER // 2, 72)], 81, 1))
    return created


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
        Effects(chorus=Chorus(n_voices=8)),
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
    ("effect", "attribute", "value", "field", "message"),
    [
        (Reverb, "level", 1.1, "reverb.level", "reverb level is 1.1; it can be 0 to 1"),
        (Reverb, "room_size", -0.1, "reverb.room_size", "reverb room size is -0.1; it can be 0 to 1"),
        (Reverb, "damping", float("nan"), "reverb.damping", "reverb damping is nan; it can be 0 to 1"),
        (Reverb, "width", 101.0, "reverb.width", "reverb width is 101; it can be 0 to 100"),
        (Chorus, "level", 10.5, "chorus.level", "chorus level is 10.5; it can be 0 to 10"),
        (Chorus, "n_voices", 0, "chorus.voice_count", "chorus voice count is 0; it can be 1 to 16"),
        (Chorus, "speed_hz", 0.05, "chorus.speed_hz", "chorus speed hz is 0.05; it can be 0.1 to 5"),
        (Chorus, "depth_ms", 22.0, "chorus.depth_ms", "chorus depth ms is 22; it can be 0 to 21"),
    ],
)
def test_settings_out_of_range(effect: type[Any], attribute: str, value: float, field: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as caught:
        effect(**{attribute: value})
    assert caught.value.facts["field"] == field
