"""
What the dispatcher makes of everything that can go wrong on the way (M6): each message ends
in one true state, and none leaves twice unless somebody was told that it may.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from random import Random
from typing import Any

import httpx
import pytest
from starlette.responses import Response

from adapters.channels.base import (
    Answers,
    ErrorKind,
    HttpCall,
    OutboundMessage,
    OutFile,
    Rate,
    SendErr,
    SendOk,
    Uploaded,
)
from adapters.channels.transport import http_client
from adapters.storage.postgres.projector import Projector
from deploy.installation import prepare_database
from domain.channel import ChannelPaused, ResumeChannel
from domain.chat import commands as c
from domain.chat.events import MessageState, PartStateChanged
from domain.client.events import ConsentGiven, IdentityAdded
from domain.content import Media, MediaKind
from domain.inbound import Consent
from domain.values import Identity, stream_of
from tests.adapters.channels.plain import Ground, Plain, Provider, Shelf, Taken, error, status
from tests.adapters.channels.sending_ground import serving
from tests.prepared import MAPPER, desk_on, eventually, pool_on, run_sql

SENT, FAILED, UNKNOWN = MessageState.SENT, MessageState.FAILED, MessageState.UNKNOWN
QUEUED, DELIVERED = MessageState.QUEUED, MessageState.DELIVERED
PHOTO = Media(media=MediaKind.IMAGE, sha256="s1", mime="image/png")


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with http_client() as client:
        yield client


@pytest.fixture
async def ground(fresh_database: str, client: httpx.AsyncClient) -> AsyncIterator[Ground]:
    await asyncio.to_thread(prepare_database, fresh_database)
    provider = Provider()
    with desk_on(fresh_database) as desk:
        async with pool_on(fresh_database) as pool, serving(provider.app) as base:
            yield Ground(fresh_database, pool, desk, client, base, provider)


def tries(ground: Ground) -> list[tuple[Any, ...]]:
    return run_sql(ground.url, "SELECT tries, attempted_at IS NOT NULL FROM recado_outbox")


async def test_a_rate_limit_of_the_account_holds_all_of_it_and_no_other(ground: Ground) -> None:
    """M6: as the provider says."""
    slow, other = ground.plain("slow"), ground.plain("other")
    first, second = await ground.chat(slow, "ana"), await ground.chat(slow, "bia")
    third = await ground.chat(other, "caio")
    ground.provider.script = {"one": [error(ErrorKind.RATE_LIMITED, "600")]}
    one = await ground.answer(first, "one")
    async with ground.dispatching():
        await eventually(lambda: ground.provider.taken and tries(ground) == [(0, False)])
        two, three = await ground.answer(second, "two"), await ground.answer(third, "three")
        await ground.becomes(third, three, SENT)
        assert ground.provider.texts() == ["one", "three"]
    assert ground.state(first, one) is ground.state(second, two) is QUEUED


async def test_a_rate_limit_of_a_peer_holds_only_him(ground: Ground) -> None:
    """M6"""
    account = ground.plain()
    first, second = await ground.chat(account, "ana"), await ground.chat(account, "bia")
    ground.provider.script = {"one": [error(ErrorKind.RATE_LIMITED, "600", scope="peer")]}
    one, behind = await ground.answer(first, "one"), await ground.answer(first, "behind")
    async with ground.dispatching():
        await eventually(lambda: ground.provider.texts() == ["one"])
        two = await ground.answer(second, "two")
        await ground.becomes(second, two, SENT)
    assert ground.provider.texts() == ["one", "two"]
    assert ground.state(first, one) is ground.state(first, behind) is QUEUED


async def test_a_rate_limit_without_a_time_is_waited_for_all_the_same(ground: Ground) -> None:
    """M6"""
    chat = await ground.chat(ground.plain(), "ana")
    ground.provider.script = {"one": [status(429)]}
    one = await ground.answer(chat, "one")
    async with ground.dispatching():
        await ground.becomes(chat, one, SENT)
    assert ground.provider.texts() == ["one", "one"]


async def test_an_account_keeps_its_own_pace(ground: Ground) -> None:
    """M6: what it may not send yet stays unmarked, so that a crash leaves nothing unclear."""
    slow = Rate(1, timedelta(hours=1))
    account = ground.plain(rate_per_account=slow)
    chats = [await ground.chat(account, who) for who in ("ana", "bia")]
    for chat in chats:
        await ground.answer(chat, "oi")
    async with ground.dispatching():
        await eventually(lambda: len(tries(ground)) == 1)
        await asyncio.sleep(0.3)
        assert tries(ground) == [(0, False)]
    assert len(ground.provider.taken) == 1


async def test_a_peer_is_not_written_to_faster_than_the_channel_allows(ground: Ground) -> None:
    """M6"""
    slow = Rate(1, timedelta(hours=1))
    account = ground.plain(rate_per_peer=slow)
    ana, bia = await ground.chat(account, "ana"), await ground.chat(account, "bia")
    await ground.answer(ana, "one")
    await ground.answer(ana, "two")
    last = await ground.answer(bia, "three")
    async with ground.dispatching():
        await ground.becomes(bia, last, SENT)
        await asyncio.sleep(0.3)
    assert sorted(ground.provider.texts()) == ["one", "three"]


async def test_a_long_message_that_runs_out_of_its_pace_goes_on_later_where_it_stopped(
    ground: Ground,
) -> None:
    """M6: and those behind it wait."""
    pace = Rate(2, timedelta(seconds=1))
    chat = await ground.chat(ground.plain(rate_per_peer=pace), "ana")
    long = await ground.answer(chat, "0123456789ABCDEFGHIJabc")
    behind = await ground.answer(chat, "behind")
    async with ground.dispatching():
        await ground.becomes(chat, behind, SENT)
    assert ground.provider.texts() == ["0123456789", "ABCDEFGHIJ", "abc", "behind"]
    assert ground.state(chat, long) is SENT


async def test_a_temporary_failure_in_the_middle_sends_only_the_rest_again(ground: Ground) -> None:
    """M6"""
    chat = await ground.chat(ground.plain(), "ana")
    ground.provider.script = {"ABCDEFGHIJ": [status(503)]}
    seq = await ground.answer(chat, "0123456789ABCDEFGHIJabc")
    async with ground.dispatching():
        await ground.becomes(chat, seq, SENT)
    assert ground.provider.texts() == ["0123456789", "ABCDEFGHIJ", "ABCDEFGHIJ", "abc"]
    parts = [e.provider_id for e in ground.events(chat) if isinstance(e, PartStateChanged)]
    assert parts == ["id-0", "id-2", "id-3"]


async def test_a_failure_of_the_rest_is_shown_although_the_first_part_arrived(
    ground: Ground,
) -> None:
    """M6: and trying again sends only what the client has not."""
    chat = await ground.chat(ground.plain(), "ana")
    ground.provider.script = {"ABC": [error(ErrorKind.CONTENT)]}
    seq = await ground.answer(chat, "0123456789ABC")
    async with ground.dispatching():
        failed = await ground.becomes(chat, seq, FAILED)
        assert failed.reason == "content: no (after 1 of 2 parts had left)"
        arrived = c.ReportDelivery(seq=seq, state=DELIVERED, provider_ids=("id-0",))
        await ground.ask(chat, arrived)
        assert ground.state(chat, seq) is FAILED
        await ground.ask(chat, c.RetryMessage(seq=seq))
        await ground.becomes(chat, seq, SENT)
    assert ground.provider.texts() == ["0123456789", "ABC", "ABC"]


async def test_a_crash_between_two_parts_leaves_the_rest_unknown(ground: Ground) -> None:
    """M6: never silently sent twice; a person goes on."""
    chat = await ground.chat(ground.plain(), "ana")
    ground.provider.script = {"ABC": [_hang]}
    seq = await ground.answer(chat, "0123456789ABC")
    async with ground.dispatching(crash=True):
        await eventually(lambda: len(ground.provider.taken) == 2)
    async with ground.dispatching():
        await ground.becomes(chat, seq, UNKNOWN)
        await ground.ask(chat, c.RetryMessage(seq=seq))
        await ground.becomes(chat, seq, SENT)
    assert ground.provider.texts() == ["0123456789", "ABC", "ABC"]


async def _hang(_: Taken) -> Response:
    """Answer nobody: who asked has crashed by then."""
    await asyncio.sleep(1)
    return Response(b"{}")


async def test_where_a_channel_may_be_asked_twice_it_is(ground: Ground) -> None:
    """M6: a crash and a lost answer are resolved by the provider itself."""
    chat = await ground.chat(ground.plain(idempotent_send=True), "ana")
    ground.provider.script = {"one": [_hang, status(200)]}
    seq = await ground.answer(chat, "one")
    async with ground.dispatching(crash=True):
        await eventually(lambda: len(ground.provider.taken) == 1)
    async with ground.dispatching():
        await ground.becomes(chat, seq, SENT)
    assert [change.state for change in ground.states(chat, seq)] == [SENT]
    assert ground.provider.texts() == ["one"] * 3


@pytest.mark.parametrize("kind", [ErrorKind.AUTH, ErrorKind.POLICY, ErrorKind.CONFIG])
async def test_an_error_of_the_account_pauses_it_until_somebody_resumes_it(
    ground: Ground, kind: ErrorKind
) -> None:
    """M6: administrators see why."""
    stop = asyncio.Event()
    projecting = asyncio.create_task(Projector(ground.url, MAPPER).run(stop))
    account = ground.plain()
    chat = await ground.chat(account, "ana")
    ground.provider.script = {"one": [error(kind)]}
    seq = await ground.answer(chat, "one")
    stream = stream_of("channel", account)
    async with ground.dispatching():
        await eventually(lambda: [e for e in ground.events(stream) if isinstance(e, ChannelPaused)])
        await asyncio.sleep(0.3)
        assert tries(ground) == [(1, False)]
        assert ground.provider.texts() == ["one"]
        await ground.ask(stream, ResumeChannel())
        await ground.becomes(chat, seq, SENT)
    (paused,) = [e for e in ground.events(stream) if isinstance(e, ChannelPaused)]
    assert paused.reason == f"{kind}: no"
    stop.set()
    await projecting


async def test_a_client_who_wants_no_messages_is_known_as_such(ground: Ground) -> None:
    """C4, M6: the refusal says so."""
    chat = await ground.chat(ground.plain(), "ana")
    ground.provider.script = {"one": [error(ErrorKind.RECIPIENT, consent="blocked")]}
    seq = await ground.answer(chat, "one")
    async with ground.dispatching():
        await ground.becomes(chat, seq, FAILED)
        client = stream_of("client", ground.desk.naming.client(Identity("plain", "ana")))
        await eventually(lambda: ground.events(client)[-1:] != [] and _given(ground, client))
    assert _given(ground, client) == [Consent.BLOCKED]


def _given(ground: Ground, client: Any) -> list[Consent]:
    return [e.consent for e in ground.events(client) if isinstance(e, ConsentGiven)]


async def test_what_an_answer_gives_away_about_the_client_is_kept(ground: Ground) -> None:
    """C4"""
    chat = await ground.chat(ground.plain(), "ana")
    ground.provider.always = lambda t: Response(f'{{"id":"{t.id}","learned":"u-1"}}'.encode())
    seq = await ground.answer(chat, "one")
    client = stream_of("client", ground.desk.naming.client(Identity("plain", "ana")))
    async with ground.dispatching():
        await ground.becomes(chat, seq, SENT)
        await eventually(lambda: isinstance(ground.events(client)[-1], IdentityAdded))


@pytest.mark.parametrize("kind", ErrorKind)
async def test_every_kind_of_error_has_its_one_ending(ground: Ground, kind: ErrorKind) -> None:
    """M6"""
    chat = await ground.chat(ground.plain(), "ana")
    ground.provider.script = {"one": [error(kind, "1")]}
    seq = await ground.answer(chat, "one")
    held = {ErrorKind.AUTH, ErrorKind.POLICY, ErrorKind.CONFIG}
    again = {ErrorKind.RATE_LIMITED, ErrorKind.TRANSIENT}
    async with ground.dispatching():
        if kind in held:
            await eventually(lambda: tries(ground) == [(1, False)])
            assert ground.state(chat, seq) is QUEUED
            return
        ending = SENT if kind in again else UNKNOWN
        ending = ending if kind in {*again, ErrorKind.UNKNOWN_OUTCOME} else FAILED
        await ground.becomes(chat, seq, ending)
    assert len(ground.provider.taken) == (2 if kind in again else 1)
    if ending is not SENT:
        assert ground.states(chat, seq)[-1].reason == f"{kind}: no"


async def test_a_file_is_read_and_leaves_with_its_message(ground: Ground) -> None:
    ground.files = Shelf({"s1": b"pixels"})
    chat = await ground.chat(ground.plain(), "ana")
    seq = await ground.answer(chat, "veja", PHOTO)
    async with ground.dispatching():
        await ground.becomes(chat, seq, SENT)
    assert ground.provider.texts() == ["veja", "pixels"]


@pytest.mark.parametrize("files", [None, Shelf({})])
async def test_a_file_that_is_not_there_fails_the_message_without_a_call(
    ground: Ground, files: Shelf | None
) -> None:
    ground.files = files
    chat = await ground.chat(ground.plain(), "ana")
    seq = await ground.answer(chat, PHOTO)
    async with ground.dispatching():
        failed = await ground.becomes(chat, seq, FAILED)
    assert failed.reason == "content: the attachment is not there"
    assert ground.provider.taken == []


class Uploading(Plain):
    """A channel that takes files first, in two calls."""

    def upload(self, file: OutFile, answers: Answers) -> HttpCall | Uploaded | SendErr:
        for result in answers:
            taken = self.classify(self.call({}), result)
            if isinstance(taken, SendErr):
                return taken
        if len(answers) < 2:
            return self.call({"to": "files", "text": f"step {len(answers)}"})
        return Uploaded(f"handle of {file.name}")


async def test_a_file_is_handed_over_before_its_message(ground: Ground) -> None:
    ground.files = Shelf({"s1": b"pixels"})
    chat = await ground.chat(ground.connect(Uploading("up", ground.base)), "ana")
    ground.provider.script = {"step 1": [status(200)]}
    seq = await ground.answer(chat, PHOTO)
    async with ground.dispatching():
        await ground.becomes(chat, seq, SENT)
    # An answer that was lost is no harm here: nothing has reached the client.
    steps = ["step 0", "step 1"]
    assert ground.provider.texts() == [*steps, *steps, "handle of a.png"]


class ByItself(Plain):
    """A channel that no HTTP call reaches."""

    answer: SendOk | SendErr | Exception = SendOk("smtp-1")

    async def send(self, message: OutboundMessage) -> SendOk | SendErr:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    ("answer", "state", "reason"),
    [
        (SendOk("smtp-1"), SENT, None),
        (SendErr(ErrorKind.RECIPIENT, "550", "unknown"), FAILED, "recipient: unknown"),
        (OSError("secret"), UNKNOWN, "unknown-outcome: the plain adapter failed"),
    ],
)
async def test_a_channel_that_sends_by_itself(
    ground: Ground, answer: SendOk | SendErr | Exception, state: MessageState, reason: str | None
) -> None:
    adapter = ByItself("smtp", ground.base)
    adapter.answer = answer
    chat = await ground.chat(ground.connect(adapter), "ana")
    seq = await ground.answer(chat, "Oi")
    async with ground.dispatching():
        ended = await ground.becomes(chat, seq, state)
    assert ended.reason == reason


class Broken(Plain):
    def build(self, message: OutboundMessage) -> list[HttpCall]:
        raise RuntimeError("a secret")


async def test_an_adapter_that_fails_before_anything_left_fails_the_message(
    ground: Ground,
) -> None:
    chat = await ground.chat(ground.connect(Broken("broken", ground.base)), "ana")
    seq = await ground.answer(chat, "Oi")
    async with ground.dispatching():
        failed = await ground.becomes(chat, seq, FAILED)
    assert failed.reason == "permanent: the plain adapter failed"


async def _lost(_: Taken) -> Response:
    """Take the message, and break the connection off."""
    raise ConnectionResetError


async def test_whatever_happens_each_message_ends_in_one_true_state(ground: Ground) -> None:
    """M6: order within a chat is kept, and nothing leaves twice that was not shown as unknown."""
    chance = Random(7)
    faults = [status(503), status(504), status(200), error(ErrorKind.CONTENT), status(429), _lost]
    account = ground.plain()
    written: dict[tuple[Any, int], str] = {}
    for who in range(6):
        chat = await ground.chat(account, f"client-{who}")
        for n in range(5):
            text = f"{who}-{n}"
            ground.provider.script[text] = chance.choices(faults, k=chance.choice([0, 0, 0, 1]))
            written[chat, await ground.answer(chat, text)] = text
    script = {text: steps[0] if steps else None for text, steps in ground.provider.script.items()}
    async with ground.dispatching():
        await eventually(lambda: tries(ground) == [], 30)
    calls = Counter(ground.provider.texts())
    retried = (faults[0], faults[4])
    for (chat, seq), text in written.items():
        fault = script[text]
        expected = SENT if fault is None or fault in retried else UNKNOWN
        assert ground.state(chat, seq) is (FAILED if fault is faults[3] else expected)
        assert calls[text] == (2 if fault in retried else 1)
    for who in range(6):
        order = [text for text in dict.fromkeys(ground.provider.texts()) if text[0] == f"{who}"]
        assert order == sorted(order)
