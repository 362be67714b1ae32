"""Blend, generate and hybrid, from the call to the result."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import httpx
from segue.transposer.v1 import transposer_pb2
from servicekit.faults import InvalidInput, UpstreamUnavailable


async def test_a_blend_goes_through_one_key_and_gives_a_result(client: httpx.AsyncClient, fakes: Any) -> None:
    job = await fakes.blend(client, weight=0.25, seed=7)
    assert (job["state"], job["progress"], job["error"]) == ("succeeded", 1.0, None)
    assert job["request"]["weight"] == 0.25
    assert job["request"]["seed"] == 7
    assert [parent["title"] for parent in job["parents"]] == ["Piece 0", "Piece 1"]
    assert [result["title"] for result in job["results"]] == ["Piece 0 x Piece 1, 25%"]
    sent = fakes.vae.requests[0]
    assert (sent.weight, sent.seed, sent.key.tonic) == (0.25, 7, 0)
    # The fake transposer appends the request to its result. Melodic lines keep their shape: no single note is
    # folded into the range of its instrument.
    assert {parent.midi[-2:] for parent in sent.parents} == {bytes([transposer_pb2.RANGE_POLICY_MIDI, 0])}
    assert len(sent.parents) == 2


async def test_a_result_is_a_file_with_its_provenance(client: httpx.AsyncClient, fakes: Any) -> None:
    job = await fakes.blend(client, seed=3)
    file = (await client.get(f"/files/{job['results'][0]['file_id']}")).json()
    assert (file["kind"], file["name"]) == ("result", "Piece 0 x Piece 1, 50%.mid")
    provenance = file["provenance"]
    assert provenance["seed"] == 3
    assert provenance["model_digests"] == {"lead": "aa"}
    assert [parent["file_id"] for parent in provenance["parents"]] == job["request"]["file_ids"]
    assert provenance["settings"] == {"weight": 0.5}


async def test_the_same_seed_asks_the_same_of_the_model(client: httpx.AsyncClient, fakes: Any) -> None:
    first, second = await fakes.blend(client, seed=11), await fakes.blend(client, seed=11)
    midis = [(await client.get(f"/download/{job['results'][0]['file_id']}")).content for job in (first, second)]
    assert midis[0] == midis[1]
    assert first["results"][0]["file_id"] != second["results"][0]["file_id"]


async def test_all_fields_of_a_blend_reach_the_service(client: httpx.AsyncClient, fakes: Any) -> None:
    fields = {
        "weight": 0.3,
        "weights": {"drums": 1.0},
        "key": "f# MINOR",
        "bpm": 90,
        "ends": "original",
        "temperature": 0.5,
    }
    job = await fakes.blend(client, **fields)
    sent = fakes.vae.requests[0]
    assert [(entry.role, entry.weight) for entry in sent.role_weights] == [(4, 1.0)]
    assert (sent.key.tonic, sent.key.mode, sent.tempo_bpm) == (6, 2, 90.0)
    assert (sent.endpoint_mode, sent.temperature) == (2, 0.5)
    assert job["request"]["key"] == "F# minor"


async def test_a_drawn_seed_is_reported_and_exact_for_every_reader(client: httpx.AsyncClient, fakes: Any) -> None:
    job = await fakes.blend(client)
    assert 0 <= job["request"]["seed"] < 2**53
    assert fakes.vae.requests[0].seed == job["request"]["seed"]


async def test_drums_alone_are_blended_without_a_key(client: httpx.AsyncClient, fakes: Any) -> None:
    ids = await fakes.upload(client, b"MThd drums only", b"MThd drums only")
    answer = await client.post("/generate/vae", json={"file_ids": ids})
    job = await fakes.wait_for_end(client, answer.json()["job_id"])
    assert job["state"] == "succeeded"
    assert not fakes.vae.requests[0].HasField("key")


async def test_three_pieces_are_blended_by_shares(client: httpx.AsyncClient, fakes: Any) -> None:
    ids = await fakes.upload(client, b"MThd a", b"MThd b", b"MThd c")
    answer = await client.post("/generate/vae", json={"file_ids": ids, "shares": [0.5, 0.25, 0.25]})
    job = await fakes.wait_for_end(client, answer.json()["job_id"])
    assert list(fakes.vae.requests[0].shares) == [0.5, 0.25, 0.25]
    assert not fakes.vae.requests[0].HasField("weight")
    assert job["results"][0]["title"] == "Piece 0 x Piece 1 x Piece 2, 50-25-25%"


async def test_a_role_that_the_user_set_reaches_the_vae(client: httpx.AsyncClient, fakes: Any) -> None:
    ids = await fakes.upload(client, b"MThd a", b"MThd b")
    await client.patch(f"/files/{ids[0]}", json={"roles": {"1": "lead"}})
    answer = await client.post("/generate/vae", json={"file_ids": ids})
    await fakes.wait_for_end(client, answer.json()["job_id"])
    assert [(role.track, role.role) for role in fakes.vae.requests[0].parents[0].roles] == [(1, 1)]


async def test_each_of_several_results_has_its_own_seed(client: httpx.AsyncClient, fakes: Any) -> None:
    answer = await client.post("/generate/gan", json={"style": "jazz", "seed": 5, "count": 3, "bars": 8})
    job = await fakes.wait_for_end(client, answer.json()["job_id"])
    seeds = [sent.seed for sent in fakes.gan.requests]
    assert seeds[0] == 5
    assert len(set(seeds)) == 3
    assert all(seed < 2**53 for seed in seeds)
    assert [result["title"] for result in job["results"]] == [
        f"Jazz in C major, 96 BPM{number}" for number in ("", " (2)", " (3)")
    ]
    file = (await client.get(f"/files/{job['results'][2]['file_id']}")).json()
    assert file["provenance"]["seed"] == seeds[2]


async def test_mood_and_roles_reach_the_generator(client: httpx.AsyncClient, fakes: Any) -> None:
    body = {"mood": {"valence": -0.5}, "roles": ["lead", "bass"], "density": 0.25, "meter": "4/4", "key": "Eb major"}
    answer = await client.post("/generate/gan", json=body)
    await fakes.wait_for_end(client, answer.json()["job_id"])
    sent = fakes.gan.requests[0]
    assert (sent.mood.valence, sent.mood.energy, sent.density) == (-0.5, 0.0, 0.25)
    assert (list(sent.roles), sent.key.tonic, sent.meter) == ([1, 3], 3, "4/4")
    assert not sent.HasField("bar_count")


async def test_a_hybrid_generates_two_styles_and_blends_them(client: httpx.AsyncClient, fakes: Any) -> None:
    body = {"styles": ["jazz", "folk"], "weight": 0.75, "seed": 9}
    answer = await client.post("/generate/hybrid", json=body)
    job = await fakes.wait_for_end(client, answer.json()["job_id"])
    assert job["state"] == "succeeded"
    assert [sent.style_id for sent in fakes.gan.requests] == ["jazz", "folk"]
    assert fakes.gan.requests[0].seed != fakes.gan.requests[1].seed
    assert [parent["title"] for parent in job["parents"]] == ["Jazz in C major, 96 BPM", "Folk in C major, 96 BPM"]
    assert job["results"][0]["title"] == "Jazz in C major x Folk in C major, 75%"
    assert fakes.vae.requests[0].weight == 0.75
    assert not fakes.vae.requests[0].role_weights
    for piece in (*job["parents"], *job["results"]):
        assert (await client.get(f"/play/{piece['file_id']}")).status_code == 200


async def test_a_hybrid_may_leave_one_style_open(client: httpx.AsyncClient, fakes: Any) -> None:
    answer = await client.post("/generate/hybrid", json={"styles": [None, "folk"], "seed": 9})
    assert answer.json()["request"]["styles"] == [None, "folk"]
    job = await fakes.wait_for_end(client, answer.json()["job_id"])
    assert job["state"] == "succeeded"
    assert [sent.style_id for sent in fakes.gan.requests] == ["", "folk"]


async def test_a_hybrid_has_the_requested_weights_of_roles(client: httpx.AsyncClient, fakes: Any) -> None:
    answer = await client.post("/generate/hybrid", json={"weights": {"harmony": 0.4, "lead": 1}})
    job = await fakes.wait_for_end(client, answer.json()["job_id"])
    assert job["state"] == "succeeded"
    assert {each.role: each.weight for each in fakes.vae.requests[0].role_weights} == {1: 1.0, 2: 0.4}


async def test_what_a_job_put_aside_is_cleared_away(client: httpx.AsyncClient, fakes: Any) -> None:
    await fakes.blend(client)
    assert list((fakes.data / "var" / "artifacts").rglob("work/*/*")) == []


async def test_a_refusal_of_a_service_fails_the_job_with_its_reason(client: httpx.AsyncClient, fakes: Any) -> None:
    fakes.vae.faults.append(InvalidInput("`weights` of a role that neither has."))
    job = await fakes.blend(client)
    assert (job["state"], job["results"]) == ("failed", [])
    assert job["error"]["reason"] == "INVALID_INPUT"
    assert job["error"]["detail"] == "`weights` of a role that neither has."


async def test_a_bug_in_a_service_is_told_as_nothing(client: httpx.AsyncClient, fakes: Any) -> None:
    fakes.vae.faults.append(RuntimeError("/secret/path"))
    job = await fakes.blend(client)
    assert (job["state"], job["error"]["status"]) == ("failed", 500)
    assert "secret" not in str(job)


async def test_a_service_that_comes_back_is_called_again(client: httpx.AsyncClient, fakes: Any) -> None:
    fakes.vae.faults.append(UpstreamUnavailable("gone"))
    job = await fakes.blend(client)
    assert job["state"] == "succeeded"
    assert len(fakes.vae.requests) >= 2


async def test_a_job_says_for_whom_it_waits(fakes: Any) -> None:
    async with fakes.gateway(patience_s=20.0) as client:
        ids = await fakes.upload(client, b"MThd a", b"MThd b")
        await fakes.stop("vae")
        job_id = (await client.post("/generate/vae", json={"file_ids": ids})).json()["job_id"]
        async with client.stream("GET", f"/jobs/{job_id}/events") as stream:
            async for line in stream.aiter_lines():
                if '"stage":"Blending: waiting for the vae service"' in line:
                    await client.delete(f"/jobs/{job_id}")
        assert (await client.get(f"/jobs/{job_id}")).json()["state"] == "cancelled"


async def test_a_service_that_stays_away_fails_the_job_clearly(client: httpx.AsyncClient, fakes: Any) -> None:
    ids = await fakes.upload(client, b"MThd a", b"MThd b")
    await fakes.stop("vae")
    answer = await client.post("/generate/vae", json={"file_ids": ids})
    job = await fakes.wait_for_end(client, answer.json()["job_id"])
    assert job["state"] == "failed"
    assert (job["error"]["reason"], job["error"]["status"]) == ("UPSTREAM", 503)
    assert job["error"]["detail"] == "The vae service cannot be reached. Try again in a moment."


async def test_results_of_the_same_pair_have_different_titles_and_names(client: httpx.AsyncClient, fakes: Any) -> None:
    ids = await fakes.upload(client, b"MThd a", b"MThd b")
    titles, names = [], []
    for seed, weight in ((1, 0.5), (2, 0.5), (3, 0.6)):
        answer = await client.post("/generate/vae", json={"file_ids": ids, "seed": seed, "weight": weight})
        job = await fakes.wait_for_end(client, answer.json()["job_id"])
        titles.append(job["results"][0]["title"])
        download = await client.get(f"/download/{job['results'][0]['file_id']}?format=mid")
        names.append(download.headers["content-disposition"].rpartition("''")[2])
    assert titles == ["Piece 0 x Piece 1, 50%", "Piece 0 x Piece 1, 50% (2)", "Piece 0 x Piece 1, 60%"]
    assert [unquote(name) for name in names] == [f"{title}.mid" for title in titles]
