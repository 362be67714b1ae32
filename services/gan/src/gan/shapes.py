"""The numbers from which every array of the generator follows."""

from __future__ import annotations

from score.encoding import STEPS_PER_QUARTER
from score.roles import ROLES

ROLE_COUNT = len(ROLES)
LATENT_SIZE = 256
"""Numbers in one latent of the VAE models."""

METERS: tuple[str, ...] = ("4/4", "3/4", "6/8")
"""Meters that the generator knows, in the order of its embedding."""

STEPS_PER_BEAT = STEPS_PER_QUARTER
BEATS = 8
"""Beats that a window is heard in: two bars of 4/4. A window of 3/4 or 6/8 leaves the last two empty."""

WIDEST = BEATS * STEPS_PER_BEAT
"""Steps of the longest window."""

CONDUCTOR_DEPTH = 64
"""Numbers that a decoder's conductor says of each step."""

POSITIONS = 4
"""Windows that the networks see at once: a phrase of eight bars. What joins phrases into a piece is `gan.form`."""

PROBE_SIZE = 12 * BEATS + BEATS + 1
"""What is heard in one window of one role: presence a beat (12 chroma, or 9 drums), onsets a beat, mean pitch."""

FEATURES: tuple[str, ...] = ("lead_density", "backing_density", "register")
"""Measured of a sequence and asked of the generator: how often the lead and the others begin notes, and how high the
lead lies."""

FEATURE_COUNT = len(FEATURES)
