"""Role classification: which track of a score is lead, harmony, bass or drums."""

from score.roles.assignment import apply_drum_overrides, assign
from score.roles.role import PITCHED_ROLES, ROLES, Role, RoleGuess
from score.roles.track_parts import TrackFeatures, track_features

__all__ = [
    "PITCHED_ROLES",
    "ROLES",
    "Role",
    "RoleGuess",
    "TrackFeatures",
    "apply_drum_overrides",
    "assign",
    "track_features",
]
