"""The numbers from which every array of the generator follows."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from score.encoding import MAX_PITCH, MIN_PITCH, N_DRUM_MASKS, N_PITCHED_CLASSES, N_VOICES, STEPS_PER_QUARTER
from score.roles import ROLES, Role

N_ROLES = len(ROLES)

METERS: tuple[str, ...] = ("4/4", "3/4", "6/8")
"""Meters that the generator knows, in the order of its embedding."""

STEPS_PER_BEAT = STEPS_PER_QUARTER
N_WINDOW_BEATS = 8
"""Beats that a window is heard in: two bars of 4/4. A window of 3/4 or 6/8 leaves the last two empty."""

MAX_WINDOW_STEPS = N_WINDOW_BEATS * STEPS_PER_BEAT
"""Steps of the longest window."""

N_TRAINING_WINDOWS = 8
"""Windows of the longest stretch that the generator is trained on: sixteen bars."""

N_CRITIC_WINDOWS = 4
"""Windows that the critic hears at once: eight bars."""

CHANNEL_ROLES: tuple[Role, ...] = (Role.DRUMS, Role.BASS, *[Role.HARMONY] * N_VOICES, Role.LEAD)
"""What is said at every step, in this order: drums, bass, the harmony's voices from the highest, lead. Each is drawn
knowing those before it."""

N_CHANNELS = len(CHANNEL_ROLES)
DRUM_CHANNEL = 0

N_PITCHED_STATES = 2 * (MAX_PITCH - MIN_PITCH + 1) + 1
"""What a pitched channel can be in after a step: 0 silent, else 1 + 2 (pitch - 21), and one more where it began."""

EVENT_VOCAB_SIZES: tuple[int, ...] = (N_DRUM_MASKS, *[N_PITCHED_CLASSES] * (N_CHANNELS - 1))
"""Events that each channel may choose from: the grid's."""

STATE_VOCAB_SIZES: tuple[int, ...] = (N_DRUM_MASKS, *[N_PITCHED_STATES] * (N_CHANNELS - 1))
"""States of each channel; a drum's state is its event."""

FEATURES: tuple[str, ...] = ("lead_density", "backing_density", "register")
"""Measured of a stretch and asked of the generator: how often the lead and the others begin notes, and how high the
lead lies."""

N_FEATURES = len(FEATURES)

PHRASE_BARS = 8
"""Bars are counted modulo this, and from the piece's start and to its end up to it."""

N_REPEAT_SOURCES = 3
"""Earlier steps that a step may bring back: of the window that its form repeats, of the bar before, of two bars before.
"""

MAX_INTERVAL = 24
"""Semitones up and down that an interval is told apart; what is farther counts as this far."""

MAX_CONTEXT = 3
"""Most intervals of a line by which it is looked up how it went on when it last went so."""

N_COPY_HINTS = N_REPEAT_SOURCES + 2 + 2 * MAX_CONTEXT
"""Events that a channel may be hinted at, see `gan.sampling.motif_lookup`: the interval made at each of its repeat
sources; what was done half a bar ago, and the interval made there; and for each length
of context how the line went on, waiting and due."""

MAX_BAR_STEPS = 16
POSITION_VOCAB_SIZES: tuple[int, ...] = (MAX_BAR_STEPS * len(METERS), PHRASE_BARS, PHRASE_BARS + 1, PHRASE_BARS + 1)
"""What a step's place is said by: step of the bar in its meter, bar of the phrase, bars since the start, bars left."""


@dataclass(frozen=True, slots=True)
class NetworkSizes:
    """Every size of the networks; the manifest carries it, so that weights rebuild their own networks."""

    styles: int
    embedding: int = 192
    units: int = 320
    voice: int = 112
    dropout: float = 0.1
    critic: int = 96

    def as_dict(self) -> dict[str, float]:
        """The sizes by name."""
        return asdict(self)
