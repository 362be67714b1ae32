"""The shapes of the four models: what a window of a role is made of, and how wide the networks are.

Everything else in this package and in its training follows from these constants. A window is two bars of one
role, cut by `score`; a step is a quarter of a quarter note.
"""

from __future__ import annotations

from dataclasses import dataclass

GRID_ID = "segue-grid-1"
LATENT_SIZE = 256
DECODER_UNITS = (256, 256)
CONDUCTOR_UNITS = 384
CONDUCTOR_DEPTH = 64
WINDOW_BARS = 2
MAX_STEPS = 32
BEATS = 8
BEAT_STEPS = MAX_STEPS // BEATS
BEAT_UNITS = 256
BEAT_CODE = 64
CHORD_CLASSES = 49
BATCH_SIZES = (8, 24, 48, 64)
"""Windows that go through a model at once. A batch in work is not cut short: the largest takes some 70 ms."""

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
    chords : bool
        Whether the model is told the chord of each beat.
    embedding : int
        Width of the vector that the encoder makes of a token.
    encoder_units : int
        Width of the encoder's layers.
    approach : float
        How far the latents of a blend's parents go towards their middle before their decoders speak together; see
        `training.approach`.
    evenness : float
        The power that bends shares before they are used there; see `vae.blending.latents.evened`.
    """

    role: str
    classes: int
    voices: int
    chords: bool
    embedding: int
    encoder_units: int
    approach: float
    evenness: float

    @property
    def depth(self) -> int:
        """Width of the one-hot vector of a step: all voices side by side."""
        return self.classes * self.voices

    @property
    def chord_depth(self) -> int:
        """Width of the one-hot vector of a chord; 0 where the model is told none."""
        return CHORD_CLASSES if self.chords else 0

    @property
    def control_depth(self) -> int:
        """Width of what the decoder is told at each step beside the token before: place in the window, chord."""
        return MAX_STEPS + self.chord_depth

    @property
    def first_sound(self) -> int:
        """The first token that begins a note or a stroke."""
        return FIRST_PITCH_TOKEN if self.pitched else 1

    @property
    def is_melodic(self) -> bool:
        """Whether notes follow one another in a single voice."""
        return self.pitched and self.voices == 1

    @property
    def pitched(self) -> bool:
        """Whether tokens above `NOTE_OFF` are pitches (drums are bit masks)."""
        return self.classes == PITCHED_CLASSES


ROLE_SPECS: dict[str, RoleSpec] = {
    "lead": RoleSpec(
        "lead", PITCHED_CLASSES, 1, chords=True, embedding=64, encoder_units=512, approach=0.43, evenness=0.35
    ),
    "harmony": RoleSpec(
        "harmony", PITCHED_CLASSES, 4, chords=False, embedding=24, encoder_units=512, approach=0.25, evenness=0.5
    ),
    "bass": RoleSpec(
        "bass", PITCHED_CLASSES, 1, chords=True, embedding=64, encoder_units=512, approach=0.37, evenness=0.35
    ),
    "drums": RoleSpec(
        "drums", DRUM_CLASSES, 1, chords=False, embedding=48, encoder_units=512, approach=0.1, evenness=0.5
    ),
}
