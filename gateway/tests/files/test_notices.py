"""Notices of a blend: with the piece that each is about, once, and with its bars."""

from __future__ import annotations

from typing import Any

import httpx
from gateway.domain.pieces import Notice
from gateway.files.notices import NoticedParent, found_grid_notices, to_blend_notices, to_notices
from segue.common.v1 import common_pb2

ODE = NoticedParent("Ode", "f1")
SAINTS = NoticedParent("Saints", "f2", [Notice("NOTES_UNENDED", "Three notes have no end.")])


def test_a_notice_about_a_parent_has_its_title_and_its_id() -> None:
    messages = [common_pb2.Notice(reason="TRACK_DIVIDED", message="Piano was divided.", parent=0)]
    assert to_blend_notices([ODE, SAINTS], messages) == [
        Notice("TRACK_DIVIDED", "Piano was divided.", "Ode", "f1"),
        Notice("NOTES_UNENDED", "Three notes have no end.", "Saints", "f2"),
    ]


def test_a_notice_about_the_result_names_no_piece() -> None:
    messages = [common_pb2.Notice(reason="PARENT_KEPT", message="The drums of two places are those of Ode.")]
    assert to_blend_notices([ODE], messages) == [Notice("PARENT_KEPT", "The drums of two places are those of Ode.")]


def test_what_transposing_and_blending_both_read_appears_once() -> None:
    again = common_pb2.Notice(reason="NOTES_UNENDED", message="Two notes have no end.", parent=1)
    found = to_blend_notices([ODE, SAINTS], [again])
    assert [(each.piece, each.message) for each in found] == [("Saints", "Three notes have no end.")]


def test_a_piece_that_is_blended_with_itself_is_described_once() -> None:
    messages = [
        common_pb2.Notice(reason="TRACK_DIVIDED", message="Piano was divided.", parent=index) for index in (0, 1)
    ]
    assert len(to_blend_notices([ODE, ODE], messages)) == 1


def test_bars_are_kept() -> None:
    (found,) = to_notices([common_pb2.Notice(reason="NOTES_LEFT_OUT", message="...", first_bar=0, last_bar=3)])
    assert (found.first_bar, found.last_bar) == (0, 3)


async def test_the_response_names_the_piece_in_the_message(client: httpx.AsyncClient, fakes: Any) -> None:
    fakes.vae.result.notices.add(
        reason="TRACK_DIVIDED", message="Piano was divided.", parent=1, first_bar=0, last_bar=7
    )
    job = await fakes.blend(client)
    file = (await client.get(f"/files/{job['results'][0]['file_id']}")).json()
    assert file["notices"] == [
        {
            "reason": "TRACK_DIVIDED",
            "message": "Piece 1: Piano was divided.",
            "piece": "Piece 1",
            "file_id": job["parents"][1]["file_id"],
            "first_bar": 0,
            "last_bar": 7,
        }
    ]


def test_the_tempo_changes_of_found_beats_are_not_those_of_the_file() -> None:
    found = Notice("GRID_FOUND", "The beat was found.")
    changes = common_pb2.Notice(reason="TEMPO_CHANGES_KEPT", message="The tempo changes.", parent=0)
    (only,) = to_blend_notices([NoticedParent("Ode", "f1", [found])], [changes])
    assert only.reason == "GRID_FOUND"
    assert len(to_blend_notices([ODE], [changes])) == 1
    messages = [common_pb2.Notice(reason="GRID_FOUND", message="The beat was found."), changes]
    assert [each.reason for each in to_notices(messages)] == ["GRID_FOUND"]


def test_found_beats_of_an_earlier_parent_are_not_those_of_a_result() -> None:
    own, inherited = Notice("GRID_FOUND", "The beat was found."), Notice("GRID_FOUND", "...", piece="Ode", file_id="f1")
    assert found_grid_notices([own, inherited, Notice("NOTES_UNENDED", "...")]) == [own]
