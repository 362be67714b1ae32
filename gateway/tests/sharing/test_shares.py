"""Shares: made, opened by anyone, ended, and as long-lived as they were promised."""

from __future__ import annotations

import io
import json
import re
import time
from typing import Any

import httpx
import pytest
from gateway.context import get_context
from gateway.storage.shares import ShareRepository, ShareRow
from PIL import Image

MIDI = b"MThd" + bytes(60)
HTML = {"Accept": "text/html,application/xhtml+xml"}
MARKUP = "<img src=x onerror=alert(1)> &"


async def share(client: httpx.AsyncClient, file_id: str, **fields: Any) -> dict[str, Any]:
    """Share a piece, and return the share."""
    answer = await client.post(f"/files/{file_id}/share", json=fields)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def blended(client: httpx.AsyncClient, fakes: Any, **fields: Any) -> str:
    """Blend two pieces, and return the id of the result."""
    return str((await fakes.blend(client, **fields))["results"][0]["file_id"])


async def test_a_share_is_a_link_that_nobody_can_guess(client: httpx.AsyncClient, fakes: Any) -> None:
    (file_id,) = await fakes.upload(client, MIDI)
    one, other = await share(client, file_id), await share(client, file_id, days=7)
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", one["slug"])
    assert one["slug"] != other["slug"]
    assert one["url"] == f"{client.base_url}/p/{one['slug']}"
    assert (one["file_id"], one["expires_at"], one["published"]) == (file_id, None, False)
    listed = (await client.get(f"/files/{file_id}/shares")).json()["shares"]
    assert [each["slug"] for each in listed] == [other["slug"], one["slug"]]


async def test_the_first_answer_has_the_meta_tags(client: httpx.AsyncClient, fakes: Any) -> None:
    created = await share(client, await blended(client, fakes, weight=0.6))
    answer = await client.get(f"/p/{created['slug']}", headers=HTML)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    tags = dict(re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)"', answer.text))
    title = re.search(r"<title>([^<]+)</title>", answer.text)
    assert title is not None
    assert title[1] == f"{tags['og:title']} · Segue"
    assert tags["og:image"] == f"{created['url']}/picture.png"
    assert (tags["og:image:width"], tags["og:image:height"]) == ("1200", "630")
    assert tags["og:audio"].startswith(f"{created['url']}/play")
    assert tags["twitter:card"] == "summary_large_image"
    assert "C major" in tags["og:description"]
    assert "Piece 0" in tags["og:description"]
    assert tags["robots"] == "noindex"
    # The parents are shown by title and share, and no id of a file is on the page.
    assert "Piece 0" in answer.text
    assert "60%" in answer.text
    assert created["file_id"] not in answer.text


async def test_the_page_is_light_and_safe(client: httpx.AsyncClient, fakes: Any) -> None:
    created = await share(client, await blended(client, fakes))
    answer = await client.get(f"/p/{created['slug']}", headers=HTML)
    assert len(answer.content) < 40_000
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "same-origin", "the form's call has the origin of the page"
    assert 'type="file"' not in answer.text


async def test_only_the_player_may_be_framed(client: httpx.AsyncClient, fakes: Any) -> None:
    created = await share(client, await blended(client, fakes))
    embed = await client.get(f"/p/{created['slug']}/embed", headers=HTML)
    assert "frame-ancestors *" in embed.headers["content-security-policy"]
    assert "x-frame-options" not in embed.headers
    assert f'src="/p/{created["slug"]}/play?format=opus"' in embed.text
    script = await client.get("/p/segue-player.js")
    assert script.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "customElements.define('segue-player'" in script.text


async def test_the_picture_is_drawn_by_the_server(client: httpx.AsyncClient, fakes: Any) -> None:
    created = await share(client, await blended(client, fakes))
    answer = await client.get(f"/p/{created['slug']}/picture.png")
    assert answer.headers["content-type"] == "image/png"
    picture = Image.open(io.BytesIO(answer.content)).convert("RGB")
    assert picture.size == (1200, 630)
    inspected = len(fakes.transposer.inspected)
    again = await client.get(f"/p/{created['slug']}/picture.png")
    assert (again.content, len(fakes.transposer.inspected)) == (answer.content, inspected)


async def test_the_link_is_a_qr_code_too(client: httpx.AsyncClient, fakes: Any) -> None:
    created = await share(client, await blended(client, fakes))
    answer = await client.get(f"/p/{created['slug']}/qr.svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.text.startswith("<svg xmlns=")
    # Another link has another code.
    other = await share(client, created["file_id"])
    assert (await client.get(f"/p/{other['slug']}/qr.svg")).text != answer.text


async def test_a_shared_piece_is_played_downloaded_and_shown(client: httpx.AsyncClient, fakes: Any) -> None:
    file_id = await blended(client, fakes)
    slug = (await share(client, file_id))["slug"]
    for kind in ("play", "download"):
        assert (await client.get(f"/p/{slug}/{kind}")).content == (await client.get(f"/{kind}/{file_id}")).content
    part = await client.get(f"/p/{slug}/play", headers={"Range": "bytes=4-9"})
    assert (part.status_code, len(part.content)) == (206, 6)
    assert (await client.get(f"/p/{slug}/notes")).json() == (await client.get(f"/files/{file_id}/notes")).json()


async def test_markup_in_a_name_is_text(client: httpx.AsyncClient, fakes: Any) -> None:
    files = [("files", (f"{MARKUP}.mid", MIDI, "audio/midi"))]
    (file,) = (await client.post("/upload", files=files)).json()["files"]
    created = await share(client, file["file_id"])
    for path in ("", "/embed"):
        text = (await client.get(f"/p/{created['slug']}{path}", headers=HTML)).text
        assert "<img" not in text
        assert "&lt;img src=x onerror=alert(1)&gt; &amp;" in text
    assert (await client.get(f"/p/{created['slug']}/picture.png")).status_code == 200


async def test_an_ended_link_says_so_and_a_guessed_one_is_unknown(client: httpx.AsyncClient, fakes: Any) -> None:
    (file_id,) = await fakes.upload(client, MIDI)
    slug = (await share(client, file_id))["slug"]
    assert (await client.delete(f"/shares/{slug}")).status_code == 404, "a visitor of the page knows no file id"
    assert (await client.delete(f"/shares/{slug}", params={"file_id": file_id})).status_code == 204
    assert (await client.delete(f"/shares/{slug}", params={"file_id": file_id})).status_code == 404
    assert (await client.get(f"/files/{file_id}/shares")).json() == {"shares": []}
    for path in ("", "/embed"):
        page = await client.get(f"/p/{slug}{path}", headers=HTML)
        assert (page.status_code, "This link has ended" in page.text) == (410, True)
        guessed = await client.get(f"/p/{'x' * 22}{path}", headers=HTML)
        assert (guessed.status_code, "There is nothing here" in guessed.text) == (404, True)
    for path in ("", "/embed", "/play", "/download", "/notes", "/picture.png"):
        answer = await client.get(f"/p/{slug}{path}")
        assert (answer.status_code, answer.json()["reason"]) == (410, "SHARE_ENDED")
        assert (await client.get(f"/p/{'x' * 22}{path}")).json()["reason"] == "NOT_FOUND"
    assert (await client.get(f"/files/{file_id}")).status_code == 200


async def test_a_link_ends_at_its_time_and_with_its_piece(client: httpx.AsyncClient, fakes: Any) -> None:
    one, other = await fakes.upload(client, MIDI, MIDI + b"2")
    timed, lasting = (await share(client, one, days=1))["slug"], (await share(client, other))["slug"]
    with pytest.MonkeyPatch.context() as patch:
        now_s = time.time()
        patch.setattr(time, "time", lambda: now_s + 86400 + 1)
        assert (await client.get(f"/p/{timed}")).status_code == 410
    assert (await client.delete(f"/files/{other}")).status_code == 204
    assert (await client.get(f"/p/{lasting}")).json()["reason"] == "SHARE_ENDED"


async def test_a_shared_piece_does_not_expire_before_its_link(client: httpx.AsyncClient, fakes: Any) -> None:
    pieces = await fakes.upload(client, MIDI, MIDI + b"2", MIDI + b"3")
    timed, lasting, private = pieces
    await share(client, timed, days=30)
    slug = (await share(client, lasting))["slug"]
    repository = get_context().repository
    assert (await client.get(f"/files/{lasting}")).json()["expires_at"] is None
    # Whatever else shortens the expiry of a piece, such as losing its star.
    await repository.update_file(lasting, expires_at_s=time.time() - 1)
    assert (await client.get(f"/p/{slug}")).status_code == 200
    expired = {row.file_id for row in await repository.list_expired_files(time.time() + 20 * 86400)}
    assert expired == {private}
    await client.delete(f"/shares/{slug}", params={"file_id": lasting})
    expires_at_s = (await repository.get_file(lasting)).expires_at_s
    assert expires_at_s is not None
    assert 6 * 86400 < expires_at_s - time.time() <= 7 * 86400


async def test_a_remix_is_a_copy_of_ones_own(client: httpx.AsyncClient, fakes: Any) -> None:
    file_id = await blended(client, fakes)
    slug = (await share(client, file_id))["slug"]
    answer = await client.post(f"/p/{slug}/remix")
    copy = answer.json()
    assert answer.status_code == 201
    assert copy["file_id"] != file_id
    # Whoever knows the id of a file without an owner may change it: the copy names its parents by title alone.
    parents = [(parent["title"], parent["file_id"]) for parent in copy["provenance"]["parents"]]
    assert parents == [("Piece 0", ""), ("Piece 1", "")]
    assert all("file_id" not in notice for notice in copy["notices"])
    original = (await client.get(f"/download/{file_id}")).content
    await client.delete(f"/files/{file_id}")
    assert (await client.get(f"/download/{copy['file_id']}")).content == original
    assert (await client.post(f"/p/{slug}/remix")).status_code == 410


async def test_a_forms_remix_leads_to_the_page(client: httpx.AsyncClient, fakes: Any) -> None:
    slug = (await share(client, await blended(client, fakes)))["slug"]
    answer = await client.post(f"/p/{slug}/remix", headers=HTML)
    assert answer.status_code == 303
    assert re.fullmatch(r"/fuse\?method=vae&a=[0-9a-f]{32}", answer.headers["location"])
    # The copy belongs to the account that the browser has from now on, as the page's own calls would have it.
    assert (await client.get("/me")).json()["usage"]["files"] == 1


async def test_a_recording_is_shared_once_it_is_transcribed(client: httpx.AsyncClient, fakes: Any) -> None:
    fakes.transcriber.gate.shut()
    recording = await fakes.upload_recording(client)
    answer = await client.post(f"/files/{recording['file_id']}/share", json={})
    assert (answer.status_code, answer.json()["reason"]) == (409, "CONFLICT")
    fakes.transcriber.gate.opened.set()
    await fakes.wait_for_end(client, recording["job"])
    slug = (await share(client, recording["file_id"]))["slug"]
    assert "My song" in (await client.get(f"/p/{slug}", headers=HTML)).text
    copy = (await client.post(f"/p/{slug}/remix")).json()
    assert (copy["name"], copy["summary"]["bars"]) == ("My song.mid", 8)


@pytest.mark.parametrize("body", [{"days": 0}, {"days": 9999}, {"days": "7"}, {"published": 1}, {"slug": "mine"}])
async def test_wrong_fields_are_refused(client: httpx.AsyncClient, fakes: Any, body: dict[str, Any]) -> None:
    (file_id,) = await fakes.upload(client, MIDI)
    answer = await client.post(f"/files/{file_id}/share", json=body)
    assert (answer.status_code, answer.json()["reason"]) == (422, "INVALID_INPUT")


async def test_the_page_speaks_the_browsers_language(client: httpx.AsyncClient, fakes: Any) -> None:
    slug = (await share(client, await blended(client, fakes)))["slug"]
    german = await client.get(f"/p/{slug}", headers={**HTML, "Accept-Language": "de-DE,de;q=0.9,en;q=0.5"})
    assert '<html lang="de">' in german.text
    assert "Weiterverarbeiten" in german.text
    assert "Accept-Language" in german.headers["vary"]


async def test_a_page_without_the_transposer_still_plays(client: httpx.AsyncClient, fakes: Any) -> None:
    slug = (await share(client, await blended(client, fakes)))["slug"]
    await fakes.stop("transposer")
    answer = await client.get(f"/p/{slug}", headers=HTML)
    assert (answer.status_code, "<audio" in answer.text, 'class="roll"' in answer.text) == (200, True, False)


async def test_only_the_account_that_made_a_link_ends_it(client: httpx.AsyncClient, fakes: Any) -> None:
    (everybodys,) = await fakes.upload(client, MIDI)
    await client.post("/accounts", json={})
    mine = (await share(client, everybodys))["slug"]
    client.cookies.clear()
    for params in ({}, {"file_id": everybodys}):
        assert (await client.delete(f"/shares/{mine}", params=params)).status_code == 404
    assert (await client.get(f"/files/{everybodys}/shares")).json() == {"shares": []}
    assert (await client.get(f"/p/{mine}")).status_code == 200


async def test_an_owned_link_is_ended_without_more(client: httpx.AsyncClient, fakes: Any) -> None:
    (file_id,) = await fakes.upload(client, MIDI)
    await client.post("/accounts", json={})
    slug = (await share(client, file_id))["slug"]
    assert (await client.delete(f"/shares/{slug}")).status_code == 204
    assert (await client.get(f"/p/{slug}")).status_code == 410


async def test_the_gallery_lists_published_pieces_until_their_links_end(client: httpx.AsyncClient, fakes: Any) -> None:
    file_id = await blended(client, fakes)
    await share(client, file_id)
    first, second = [(await share(client, file_id, published=True))["slug"] for _ in range(2)]
    items = (await client.get("/gallery/shared")).json()["items"]
    assert [item["slug"] for item in items] == [second, first]
    assert (items[0]["method"], items[0]["parents"]) == ("vae", ["Piece 0", "Piece 1"])
    # Nothing leads to the file itself, and search engines may list the page.
    assert file_id not in json.dumps(items)
    assert 'content="noindex"' not in (await client.get(f"/p/{first}", headers=HTML)).text
    await client.delete(f"/shares/{second}", params={"file_id": file_id})
    assert [item["slug"] for item in (await client.get("/gallery/shared")).json()["items"]] == [first]
    await client.delete(f"/files/{file_id}")
    assert (await client.get("/gallery/shared")).json() == {"items": [], "cursor": None}


async def test_the_gallery_is_not_flooded(client: httpx.AsyncClient, fakes: Any) -> None:
    file_id = await blended(client, fakes)
    shares = ShareRepository(get_context().queries)
    for number in range(110):
        slug, time_s = f"slug-{number}", float(number)
        await shares.insert(ShareRow(slug=slug, file_id=file_id, owner_id=None, published=True, created_at_s=time_s))
    slugs: list[str] = []
    cursor: str | None = "0"
    while cursor is not None:
        page = (await client.get("/gallery/shared", params={"cursor": cursor})).json()
        slugs += [item["slug"] for item in page["items"]]
        cursor = page["cursor"]
    assert slugs == [f"slug-{number}" for number in range(109, 9, -1)]


async def test_only_what_segue_created_is_published(client: httpx.AsyncClient, fakes: Any) -> None:
    (upload,) = await fakes.upload(client, MIDI)
    answer = await client.post(f"/files/{upload}/share", json={"published": True})
    assert (answer.status_code, answer.json()["reason"]) == (422, "INVALID_INPUT")
    assert (await client.get(f"/files/{upload}/shares")).json() == {"shares": []}
