"""Dimensions of the networks' inputs and outputs, and the sizes that a model's manifest stores."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from score.encoding import (
    BARS_PER_WINDOW,
    MAX_PITCH,
    MIN_PITCH,
    N_DRUM_MASKS,
    N_PITCHED_CLASSES,
    N_VOICES,
    STEPS_PER_BAR,
    STEPS_PER_QUARTER,
)
from score.roles import ROLES, Role

N_ROLES = len(ROLES)

METERS: tuple[str, ...] = ("4/4", "3/4", "6/8")
"""Supported meters, in the order of the meter embedding."""

MAX_BAR_STEPS = max(STEPS_PER_BAR.values())
"""Steps of the longest bar, 4/4."""

MAX_WINDOW_STEPS = BARS_PER_WINDOW * MAX_BAR_STEPS
"""Steps of the longest window. A window of 3/4 or 6/8 is padded."""

N_WINDOW_BEATS = MAX_WINDOW_STEPS // STEPS_PER_QUARTER
"""Quarters in the longest window."""

N_TRAINING_WINDOWS = 8
"""Windows of the longest training passage: sixteen bars."""

N_CRITIC_WINDOWS = 4
N_CRITIC_BARS = BARS_PER_WINDOW * N_CRITIC_WINDOWS
"""Bars of the passage that the critic scores at once: eight."""

CHANNEL_ROLES: tuple[Role, ...] = (Role.DRUMS, Role.BASS, *[Role.HARMONY] * N_VOICES, Role.LEAD)
"""The role of each channel. The channels of a step are sampled in this order, each conditioned on those before it:
drums, bass, the voices of the harmony from the highest, lead."""

N_CHANNELS = len(CHANNEL_ROLES)
DRUM_CHANNEL = CHANNEL_ROLES.index(Role.DRUMS)
BASS_CHANNEL = CHANNEL_ROLES.index(Role.BASS)

N_PITCHED_STATES = 2 * (MAX_PITCH - MIN_PITCH + 1) + 1
"""States of a pitched channel after a step: 0 is silence, 1 + 2 (pitch - 21) a pitch that is held, and one more a pitch
that began at this step."""

N_PITCHED_EVENTS = N_PITCHED_CLASSES

EVENT_VOCAB_SIZES: tuple[int, ...] = (N_DRUM_MASKS, *[N_PITCHED_EVENTS] * (N_CHANNELS - 1))
"""Number of events that each channel can emit, those of the grid."""

STATE_VOCAB_SIZES: tuple[int, ...] = (N_DRUM_MASKS, *[N_PITCHED_STATES] * (N_CHANNELS - 1))
"""Number of states of each channel. The state of the drums is their event."""

FEATURES: tuple[str, ...] = ("lead_density", "backing_density", "register")
"""Continuous conditions, as standard scores within a style: onsets of the lead and of the other roles, and the mean
pitch of the lead."""

N_FEATURES = len(FEATURES)

PHRASE_BARS = 8
"""Bars of a phrase. Bar positions count modulo this, and from the start and to the end of the piece up to it."""

POSITION_VOCAB_SIZES: tuple[int, ...] = (
    MAX_BAR_STEPS * len(METERS),
    PHRASE_BARS,
    PHRASE_BARS + 1,
    PHRASE_BARS + 1,
)
"""Number of values of each part of a step's position: step of the bar in its meter, bar of the phrase, bars since the
start, bars left."""

N_REPEAT_SOURCES = 3
"""Earlier steps that a step may repeat: in the window that the structure repeats, one bar ago, two bars ago."""

NO_SOURCE = -1
"""In place of an earlier step or bar, or of a chord, where there is none."""

MAX_INTERVAL = 24
"""Largest interval in semitones, up or down, with a logit of its own. Wider ones count as this wide."""

N_INTERVALS = 2 * MAX_INTERVAL + 1

MAX_CONTEXT = 3
"""Longest context, in intervals, by which the continuation of a line is looked up."""

N_COPY_HINTS = N_REPEAT_SOURCES + 2 + 2 * MAX_CONTEXT
"""Events suggested to a channel by `gan.sampling.motif_lookup`: the interval made at each repeat source; the event half
a bar ago, and the interval made there; for each length of context the continuation, before it is due and when due."""


@dataclass(frozen=True, slots=True)
class NetworkSizes:
    """Sizes of the networks. The manifest stores them under these names, so that weights rebuild their networks.

    Attributes
    ----------
    styles : int
        Number of styles.
    embedding : int
        Width of the generator's input.
    units : int
        LSTM units of a layer.
    voice : int
        Width of each channel's hidden vector.
    dropout : float
        Probability.
    critic : int
        Width of the critic's step embedding.
    """

    styles: int
    embedding: int = 192
    units: int = 320
    voice: int = 112
    dropout: float = 0.1
    critic: int = 96

    def as_dict(self) -> dict[str, float]:
        """Return the sizes by name, as the manifest stores them."""
        return asdict(self)
