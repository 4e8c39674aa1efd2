"""Files that clients send are copied while their provider still has them (M8)."""

import asyncio
import io
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path

import pytest
from PIL import Image
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from adapters.channels import copying, fetching
from adapters.storage.attachments.keeping import Attachments
from adapters.storage.desk import LogDesk
from adapters.storage.postgres.leases import Lease
from deploy.installation import prepare_database
from domain.chat.events import MediaLost
from domain.content import Text
from tests.adapters.channels.media_ground import LARGEST, MediaGround, digest, media_ground
from tests.adapters.channels.sending_ground import serving
from tests.prepared import Pool, desk_on, eventually, pool_on, run_sql

PDF = b"%PDF-1.7\nnota fiscal"


@pytest.fixture
async def pool(fresh_database: str) -> AsyncIterator[Pool]:
    prepare_database(fresh_database)
    async with pool_on(fresh_database) as pool:
        yield pool


@pytest.fixture
def desk(fresh_database: str, pool: Pool) -> Iterator[LogDesk]:
    with desk_on(fresh_database) as desk:
        yield desk


@pytest.fixture
async def ground(
    pool: Pool, fresh_database: str, desk: LogDesk, tmp_path: Path
) -> AsyncIterator[MediaGround]:
    async with media_ground(pool, fresh_database, desk, tmp_path / "attachments") as ground:
        yield ground


def waits_after(ground: MediaGround, tries: int) -> bool:
    return ground.wanted() == [(tries, False)]


def picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (640, 480), "green").save(made, "PNG")
    return made.getvalue()


async def test_a_file_is_copied_with_what_it_is_and_a_small_picture(ground: MediaGround) -> None:
    ground.provider.files["p1"] = content = picture()
    chat = ground.client_sends(ground.media("p1", name="../foto", mime="image/jpeg"))
    async with ground.copying():
        copied = await ground.copied(chat)
    assert (copied.seq, copied.part, copied.sha256) == (1, 0, digest(content))
    assert (copied.mime, copied.size, copied.name) == ("image/png", len(content), "foto.png")
    stored = ground.stored()
    assert stored[copied.sha256] == content
    assert copied.thumbnail is not None
    assert digest(stored[copied.thumbnail]) == copied.thumbnail
    assert Image.open(io.BytesIO(stored[copied.thumbnail])).size == (320, 240)


async def test_every_file_of_a_message_is_copied(ground: MediaGround) -> None:
    ground.provider.files |= {"a": b"first", "b": b"second"}
    chat = ground.client_sends(ground.media("a"), ground.media("b"))
    async with ground.copying():
        found = {(await ground.copied(chat, n)).part for n in range(2)}
    assert found == {0, 1}


async def test_the_same_file_in_two_messages_is_kept_once(ground: MediaGround) -> None:
    ground.provider.files |= {"a": PDF, "b": PDF}
    chats = [ground.client_sends(ground.media(id_), client=n) for n, id_ in enumerate("ab")]
    async with ground.copying():
        copies = [await ground.copied(chat) for chat in chats]
    assert {copied.sha256 for copied in copies} == {digest(PDF)}
    assert ground.stored() == {digest(PDF): PDF}
    held = run_sql(ground.url, "SELECT chat_id FROM recado_held_files ORDER BY 1")
    assert [f"chat-{chat_id}" for (chat_id,) in held] == sorted(chats)


async def test_words_alone_want_nothing(ground: MediaGround) -> None:
    ground.company.write(1)
    assert ground.wanted() == []


async def test_a_link_that_has_ended_is_asked_for_anew(ground: MediaGround) -> None:
    ground.provider.files["p1"], ground.provider.expired = PDF, 2
    chat = ground.client_sends(ground.media("p1"))
    async with ground.copying():
        for tries in (1, 2):
            await eventually(partial(waits_after, ground, tries))
            ground.at_once()
        await ground.copied(chat)
    assert ground.provider.asked == 3


async def test_a_file_that_stays_gone_is_lost(
    ground: MediaGround, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "MOST_TRIES_OF_GONE", 1)
    ground.provider.files["p1"], ground.provider.expired = PDF, 99
    chat = ground.client_sends(ground.media("p1"))
    async with ground.copying():
        assert await ground.lost(chat) == "the provider answered 404"


async def test_what_the_provider_does_not_know_is_lost(ground: MediaGround) -> None:
    chat = ground.client_sends(ground.media("never heard of"))
    async with ground.copying():
        assert await ground.lost(chat) == "the provider does not know it"


async def test_nothing_is_tried_for_ever(ground: MediaGround) -> None:
    """The shortest life of a file at a provider is a week."""
    ground.provider.address = "http://127.0.0.1:9"
    chat = ground.client_sends(ground.media("p1"))
    run_sql(ground.url, "UPDATE recado_media SET since = since - interval '6 days'")
    async with ground.copying():
        assert "not reached" in await ground.lost(chat)


async def test_a_channel_that_is_gone_loses_its_files_in_the_end(ground: MediaGround) -> None:
    chat = ground.client_sends(ground.media("p1"))
    run_sql(ground.url, "UPDATE recado_media SET account_id = 'no more'")
    async with ground.copying():
        await asyncio.sleep(0.1)
        assert ground.told(chat) == []
        run_sql(ground.url, "UPDATE recado_media SET since = since - interval '6 days'")
        assert await ground.lost(chat) == "its channel is not connected"


async def test_another_content_than_promised_is_not_kept(
    ground: MediaGround, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "MOST_TRIES_OF_GONE", 1)
    ground.provider.files["p1"], ground.provider.digests["p1"] = PDF, digest(b"other")
    chat = ground.client_sends(ground.media("p1"))
    async with ground.copying():
        assert await ground.lost(chat) == "it is not what the provider said"
    assert ground.stored() == {}


async def test_the_content_that_was_promised_is_kept(ground: MediaGround) -> None:
    ground.provider.files["p1"], ground.provider.digests["p1"] = PDF, digest(PDF).upper()
    chat = ground.client_sends(ground.media("p1", sha256="as the provider writes it"))
    async with ground.copying():
        await ground.copied(chat)


async def test_a_file_that_is_too_large_is_lost(ground: MediaGround) -> None:
    ground.provider.files["p1"] = bytes(LARGEST + 1)
    chat = ground.client_sends(ground.media("p1"))
    async with ground.copying():
        assert await ground.lost(chat) == f"the file is larger than {LARGEST} bytes"
    assert ground.stored() == {}


async def test_a_stream_without_end_is_cut_and_keeps_no_other_waiting(ground: MediaGround) -> None:
    sent = 0

    async def endless(_: Request) -> Response:
        async def chunks() -> AsyncIterator[bytes]:
            nonlocal sent
            while True:
                sent += 10_000
                yield bytes(10_000)
                await asyncio.sleep(0)

        return StreamingResponse(chunks())

    ground.provider.odd["p1"], ground.provider.files["p2"] = endless, PDF
    chat = ground.client_sends(ground.media("p1"))
    other = ground.client_sends(ground.media("p2"), client=2)
    async with ground.copying():
        assert "larger than" in await ground.lost(chat)
        await ground.copied(other)
    assert sent < 100 * LARGEST


async def test_a_download_that_drips_is_given_up_for_now(
    ground: MediaGround, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "WHOLE_DOWNLOAD", 0.3)

    async def dripping(_: Request) -> Response:
        async def chunks() -> AsyncIterator[bytes]:
            while True:
                yield b"."
                await asyncio.sleep(0.05)

        return StreamingResponse(chunks())

    ground.provider.odd["p1"] = dripping
    chat = ground.client_sends(ground.media("p1"))
    async with ground.copying():
        await eventually(lambda: ground.wanted() == [(1, False)])
    assert ground.told(chat) == []


async def test_a_link_into_our_own_network_is_not_called(ground: MediaGround) -> None:
    links = ["http://127.0.0.1:80/x", "https://rebound.test/x", "http://[::ffff:127.0.0.1]/"]
    ground.provider.links |= {f"{n}": link for n, link in enumerate(links)}
    chats = [ground.client_sends(ground.media(f"{n}"), client=n) for n in range(len(links))]
    async with ground.copying():
        for chat in chats:
            why = await ground.lost(chat)
            assert why == "its address is not called: its address is not public"


async def test_a_redirect_into_our_own_network_is_not_followed(
    ground: MediaGround, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "_GONE", frozenset({302}))
    monkeypatch.setattr(copying, "MOST_TRIES_OF_GONE", 1)

    async def elsewhere(_: Request) -> Response:
        return RedirectResponse(f"{inside}/secret", 302)

    calls = ground.provider.__class__()
    async with serving(calls.app) as inside:
        ground.provider.odd["p1"] = elsewhere
        chat = ground.client_sends(ground.media("p1"))
        async with ground.copying():
            assert await ground.lost(chat) == "the provider answered 302"
    assert (calls.asked, calls.given) == (0, 0)


async def test_html_that_is_called_a_picture_is_taken_for_html(ground: MediaGround) -> None:
    ground.provider.files["p1"] = b"<html><script>alert(1)</script>"
    chat = ground.client_sends(ground.media("p1", name="f\u202ero.jpg", mime="image/jpeg"))
    async with ground.copying():
        copied = await ground.copied(chat)
    assert (copied.mime, copied.name, copied.thumbnail) == ("text/html", "fro.jpg", None)


async def test_a_picture_that_unpacks_to_too_much_is_kept_without_a_small_one(
    ground: MediaGround, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    made = io.BytesIO()
    Image.new("1", (8_000, 8_000)).save(made, "PNG")
    ground.provider.files["p1"] = made.getvalue()
    chat = ground.client_sends(ground.media("p1"))
    async with ground.copying():
        copied = await ground.copied(chat)
    assert (copied.mime, copied.thumbnail) == ("image/png", None)


async def test_a_crash_between_store_and_record_is_made_good(
    ground: MediaGround, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file lies in the store, nobody knows: it is fetched again, and told once."""
    ground.provider.files["p1"] = PDF
    chat = ground.client_sends(ground.media("p1"))
    lease, stop, stored = Lease(ground.pool, "dispatch"), asyncio.Event(), asyncio.Event()
    keep = Attachments.keep

    async def keep_and_hang(self: Attachments, *how: object) -> object:
        known = await keep(self, *how)  # type: ignore[arg-type]  # as it was called
        stored.set()
        await asyncio.sleep(60)
        return known

    assert await lease.acquire()
    with monkeypatch.context() as patch:
        patch.setattr(Attachments, "keep", keep_and_hang)
        running = asyncio.create_task(ground.copier(lease).run(lease, stop))
        await stored.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    await lease.release()
    assert (ground.told(chat), ground.wanted()) == ([], [(1, True)])
    assert ground.stored() == {digest(PDF): PDF}

    async with ground.copying():
        await ground.copied(chat)
    assert len(ground.told(chat)) == 1
    assert ground.stored() == {digest(PDF): PDF}


async def test_a_crash_between_record_and_queue_tells_nothing_twice(ground: MediaGround) -> None:
    ground.provider.files["p1"] = PDF
    chat = ground.client_sends(ground.media("p1"))
    row = run_sql(ground.url, "SELECT position, part, stream, seq, account_id FROM recado_media")
    async with ground.copying():
        await ground.copied(chat)
        insert = "INSERT INTO recado_media (position, part, stream, seq, account_id)"
        run_sql(ground.url, f"{insert} VALUES (%s, %s, %s, %s, %s)", *row[0])
        await eventually(lambda: ground.wanted() == [])
    assert len(ground.told(chat)) == 1


async def test_who_has_lost_the_lease_copies_nothing(ground: MediaGround) -> None:
    """R14: another one does it now."""
    ground.provider.files["p1"] = PDF
    chat = ground.client_sends(ground.media("p1"))
    stale, stop = Lease(ground.pool, "dispatch", held_for=0.05), asyncio.Event()
    assert await stale.acquire()
    await asyncio.sleep(0.1)
    with pytest.raises(Exception, match="lease"):
        await ground.copier(stale).run(stale, stop)
    assert (ground.told(chat), ground.wanted()) == ([], [(0, False)])


async def test_an_edit_that_brings_another_file_has_it_copied(ground: MediaGround) -> None:
    """M9: what it was before stays, and is copied, too."""
    ground.provider.files |= {"a": b"first", "b": b"second"}
    chat = ground.client_sends(ground.media("a"))
    async with ground.copying():
        await ground.copied(chat)
        ground.client_edits(1, (ground.media("b"),))
        second = await ground.copied(chat, 1)
    assert second.sha256 == digest(b"second")
    assert set(ground.stored()) == {digest(b"first"), digest(b"second")}


async def test_an_edit_that_takes_the_file_away_settles_it(ground: MediaGround) -> None:
    ground.provider.files["a"] = b"first"
    chat = ground.client_sends(ground.media("a"))
    ground.client_edits(1, (Text(text="nothing"),))
    async with ground.copying():
        await eventually(lambda: ground.wanted() == [])
    assert ground.told(chat) == []


async def test_a_store_that_fails_loses_nothing(ground: MediaGround) -> None:
    ground.provider.files["p1"] = PDF
    chat = ground.client_sends(ground.media("p1"))
    broken = ground.attachments()
    ground.folder.joinpath(digest(PDF)[:2]).write_text("in the way")
    async with ground.copying(broken):
        await eventually(lambda: ground.wanted() == [(1, False)])
        ground.folder.joinpath(digest(PDF)[:2]).unlink()
        ground.at_once()
        assert not isinstance(await ground.outcome(chat), MediaLost)
