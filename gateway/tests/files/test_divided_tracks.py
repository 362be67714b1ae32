"""A track that is divided into several roles: all of them in its description, and that of each note in the roll."""

from __future__ import annotations

from gateway.api.schemas.conversions import to_piano_roll
from gateway.files.inspection import to_summary
from segue.common.v1.common_pb2 import ROLE_HARMONY, ROLE_LEAD, ROLE_UNSPECIFIED
from segue.transposer.v1.transposer_pb2 import InspectResponse, Note, TrackInfo

NOTES = [
    Note(onset_s=0.0, duration_s=1.0, pitch=72, velocity=90, role=ROLE_LEAD),
    Note(onset_s=0.0, duration_s=1.0, pitch=60, velocity=80, role=ROLE_HARMONY),
]
PIANO = TrackInfo(track=0, name="Piano", role=ROLE_LEAD, roles=[ROLE_LEAD, ROLE_HARMONY], note_count=2, notes=NOTES)
FLUTE = TrackInfo(track=1, name="Flute", role=ROLE_LEAD, roles=[ROLE_LEAD], notes=[Note(pitch=80, velocity=90)])


def test_the_roles_of_notes_are_given_where_a_track_is_divided() -> None:
    piano, flute = to_piano_roll(InspectResponse(tracks=[PIANO, FLUTE])).model_dump()["tracks"]
    assert piano["note_roles"] == ["lead", "harmony"]
    assert "note_roles" not in flute
    assert FLUTE.notes[0].role == ROLE_UNSPECIFIED


def test_a_description_has_all_roles_of_a_track() -> None:
    piano, flute = to_summary(InspectResponse(tracks=[PIANO, FLUTE])).tracks
    assert (piano.roles, flute.roles) == (["lead", "harmony"], ["lead"])
