"""The shapes of the four models: what a window of a role is made of, and how wide the networks are.

Everything else in this package and in its training follows from these constants. A window is two bars of one
role, cut by `score`; a step is a quarter of a quarter note.
"""

from __future__ import annotations

from dataclasses import dataclass

GRID_ID = "segue-grid-1"
LATENT_SIZE = 256
ENCODER_UNITS = 256
DECODER_UNITS = (256, 256)
WINDOW_BARS = 2
MAX_STEPS = 32

HOLD = 0
NOTE_OFF = 1
FIRST_PITCH_TOKEN = 2
PITCH_OFFSET = 19  # token = MIDI pitch - 19, so that pitch 21 (A0) is token 2: Magenta's melody encoding
PITCHED_CLASSES = 90
DRUM_CLASSES = 512


@dataclass(frozen=True)
class RoleSpec:
    """What the windows of one role look like to its model.

    Attributes
    ----------
    role : str
        `lead`, `harmony`, `bass` or `drums`.
    classes : int
        Tokens a voice can take at a step.
    voices : int
        Voices sounding side by side, each with a token of its own.
    """

    role: str
    classes: int
    voices: int

    @property
    def depth(self) -> int:
        """Width of the one-hot vector of a step: all voices side by side."""
        return self.classes * self.voices

    @property
    def first_sound(self) -> int:
        """The first token that begins a note or a stroke."""
        return FIRST_PITCH_TOKEN if self.pitched else 1

    @property
    def pitched(self) -> bool:
        """Whether tokens above `NOTE_OFF` are pitches (drums are bit masks)."""
        return self.classes == PITCHED_CLASSES


ROLE_SPECS: dict[str, RoleSpec] = {
    "lead": RoleSpec("lead", PITCHED_CLASSES, 1),
    "harmony": RoleSpec("harmony", PITCHED_CLASSES, 4),
    "bass": RoleSpec("bass", PITCHED_CLASSES, 1),
    "drums": RoleSpec("drums", DRUM_CLASSES, 1),
}
