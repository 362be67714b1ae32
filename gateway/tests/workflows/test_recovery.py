"""What DBOS stores of a job: the names and the JSON that the first version stored, so that its jobs resume."""

from __future__ import annotations

import base64
import hashlib
import pickle
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from gateway.storage import migrations

MIDI = b"MThd" + bytes(60)


def stored_steps(file: Path, job_id: str) -> list[tuple[str, Any]]:
    """Return the names and results of a job's steps, in order."""
    query = "SELECT function_name, output FROM operation_outputs WHERE workflow_uuid = ? ORDER BY function_id"
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute(query, [job_id]).fetchall()
    return [(name, pickle.loads(base64.b64decode(output))) for name, output in rows]


def downgrade(file: Path) -> None:
    """Turn a database into one of version 1, as Segue left it before it had Alembic."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    engine = sa.create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "1")
        connection.exec_driver_sql("DROP TABLE segue_alembic_version")
    engine.dispose()


async def test_a_job_that_version_1_left_resumes_at_the_step_reached(fakes: Any) -> None:
    file = fakes.data / "var" / "segue.sqlite"
    fakes.vae.gate.shut()
    async with fakes.gateway() as client:
        ids = await fakes.upload(client, MIDI, MIDI + b"2")
        key = {"Idempotency-Key": "one"}
        body = {"file_ids": ids, "weight": 0.25, "seed": 4}
        job_id = (await client.post("/generate/vae", json=body, headers=key)).json()["job_id"]
        await fakes.vae.gate.reached.wait()
    hashes = [hashlib.sha256(midi).hexdigest() for midi in (MIDI, MIDI + b"2")]
    assert stored_steps(file, job_id) == [
        ("find_key", "C major"),
        *[
            (
                "move_to_key",
                {
                    "aside": f"work/{job_id}/result-0-{index}.mid",
                    "roles": {},
                    "file_id": ids[index],
                    "title": f"Piece {index}",
                    "sha256": hashes[index],
                    "notices": [],
                },
            )
            for index in (0, 1)
        ],
    ]
    downgrade(file)
    inspections = len(fakes.transposer.inspected)
    fakes.vae.gate.opened.set()
    async with fakes.gateway() as client:
        job = await fakes.wait_for_end(client, job_id)
        assert (job["state"], job["error"]) == ("succeeded", None)
        assert job["request"] == {"file_ids": ids, "weight": 0.25, "seed": 4}
        assert (await client.post("/generate/vae", json=body, headers=key)).json()["job_id"] == job_id
        file_json = (await client.get(f"/files/{ids[0]}")).json()
        assert (file_json["name"], file_json["summary"]["bars"]) == ("Piece 0.mid", 8)
    # The steps before the blend are not repeated; only its result is inspected.
    assert len(fakes.transposer.inspected) == inspections + 1
    assert [sent.SerializeToString() for sent in fakes.vae.requests[:1]] == [
        sent.SerializeToString() for sent in fakes.vae.requests[1:]
    ]


async def test_steps_store_plain_json_under_unchanged_names(client: httpx.AsyncClient, fakes: Any) -> None:
    file = fakes.data / "var" / "segue.sqlite"
    body = {"styles": ["jazz", "folk"], "seed": 9, "bars": 8}
    job = await fakes.wait_for_end(client, (await client.post("/generate/hybrid", json=body)).json()["job_id"])
    recording = await fakes.upload_recording(client)
    await fakes.wait_for_end(client, recording["job"])
    steps = stored_steps(file, job["job_id"])
    assert [name for name, _ in steps] == [
        *["generate_piece", "generate_piece", "tell_parents", "find_key"],
        *["move_to_key", "move_to_key", "blend_parents"],
    ]
    assert [result for name, result in steps if name == "generate_piece"] == job["parents"]
    assert steps[-1][1] == job["results"][0]
    transcribed, stored = stored_steps(file, recording["job"])
    assert transcribed == (
        "write_down",
        {
            "aside": f"work/{recording['job']}/transcription.mid",
            "facts": {
                "confidence": 0.75,
                "tempo_confidence": 0.5,
                "meter_confidence": 0.25,
                "start_s": 0.125,
                "seconds": 12.0,
            },
            "notices": [{"reason": "DRUMS_LEFT_OUT", "message": "Drums are not transcribed."}],
        },
    )
    assert (stored[0], stored[1]["title"]) == ("keep_transcription", "My song")
    ids = await fakes.upload(client, MIDI, MIDI)
    answer = await client.post("/generate/steps", json={"file_ids": ids, "count": 2})
    job = await fakes.wait_for_end(client, answer.json()["job_id"])
    steps = stored_steps(file, job["job_id"])
    assert [name for name, _ in steps] == ["check_length", "find_key", "move_to_key", "move_to_key", "take_steps"]
    assert (steps[0][1], steps[-1][1]) == (None, job["results"])
