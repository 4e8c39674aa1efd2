"""The outbox: which message goes next, and what is known of one that was marked (M6)."""

from collections.abc import AsyncIterator, Iterator

import pytest

from adapters.storage.postgres.leases import Lease
from adapters.storage.postgres.outbox import Due, Outbox
from deploy.installation import prepare_database
from domain.chat.events import MessageState
from domain.content import words_of
from domain.errors import LeaseLost
from tests.prepared import MAPPER, Pool, desk_on, pool_on, run_sql, url_of
from tests.small_company import PHONE, SmallCompany


@pytest.fixture
async def pool(fresh_database: str) -> AsyncIterator[Pool]:
    prepare_database(fresh_database)
    async with pool_on(fresh_database) as pool:
        yield pool


@pytest.fixture
def company(pool: Pool) -> Iterator[SmallCompany]:
    with desk_on(url_of(pool)) as desk:
        company = SmallCompany(desk)
        company.open()
        yield company


class Taking:
    """A dispatcher's view of the outbox, with its lease."""

    def __init__(self, pool: Pool) -> None:
        self.outbox = Outbox(pool, MAPPER)
        self.lease = Lease(pool, "dispatch", held_for=60)

    async def __call__(self, **room: int) -> list[Due]:
        taken = await self.outbox.take(room, self.lease.name, self.lease.fence)
        return sorted(taken, key=lambda due: (due.stream, due.seq))


@pytest.fixture
async def take(pool: Pool) -> Taking:
    taking = Taking(pool)
    assert await taking.lease.acquire()
    return taking


async def test_a_message_is_taken_once_with_all_that_sending_needs(
    company: SmallCompany, take: Taking
) -> None:
    chat = company.write(1)
    seq = company.answer(chat, "Bom dia!", reply_to=1)
    (due,) = await take(phone=9)
    assert (due.stream, due.seq, due.account_id, due.tries) == (chat, seq, PHONE, 1)
    assert (due.address, due.reply_to_provider_id) == ("5511900000001", "1:Oi")
    assert words_of(due.sent.parts) == "Bom dia!"
    assert await take(phone=9) == []


async def test_a_chats_next_message_waits_until_the_first_is_settled(
    company: SmallCompany, take: Taking
) -> None:
    """M6: order within a chat."""
    chat, other = company.write(1), company.write(2)
    first, second = company.answer(chat, "1"), company.answer(chat, "2")
    company.answer(other, "3")
    taken = await take(phone=9)
    assert {(due.stream, due.seq) for due in taken} == {(chat, first), (other, 2)}
    await take.outbox.put_back(next(d for d in taken if d.stream == chat), 60)
    assert await take(phone=9) == []
    company.report(chat, first, MessageState.SENT, "p1")
    (due,) = await take(phone=9)
    assert (due.stream, due.seq) == (chat, second)


async def test_each_account_has_room_of_its_own_and_the_oldest_go_first(
    company: SmallCompany, take: Taking
) -> None:
    chats = [company.write(n) for n in range(5)]
    for chat in reversed(chats):
        company.answer(chat, "Oi")
    taken = [due.stream for due in await take(phone=2, other=9)]
    assert sorted(taken) == sorted(chats[3:])
    assert await take(phone=0) == []
    assert await take(other=9) == []
    assert len(await take(phone=9)) == 3


async def test_nothing_leaves_by_a_paused_account(
    company: SmallCompany, take: Taking, pool: Pool
) -> None:
    company.answer(company.write(1), "Oi")
    run_sql(
        url_of(pool),
        "INSERT INTO recado_views.channels (id, version, changed, name, kind, paused)"
        " VALUES ('phone', 1, 1, 'loja', 'whatsapp', 'auth: revoked')",
    )
    assert await take(phone=9) == []
    run_sql(url_of(pool), "UPDATE recado_views.channels SET paused = NULL")
    assert len(await take(phone=9)) == 1


async def test_what_is_put_back_waits_as_long_as_it_was_told(
    company: SmallCompany, take: Taking, pool: Pool
) -> None:
    company.answer(company.write(1), "Oi")
    (due,) = await take(phone=9)
    await take.outbox.put_back(due, 30)
    ((seconds,),) = run_sql(
        url_of(pool),
        "SELECT extract(epoch FROM not_before - clock_timestamp())::float FROM recado_outbox",
    )
    assert 20 < seconds <= 30
    assert await take(phone=9) == []
    run_sql(url_of(pool), "UPDATE recado_outbox SET not_before = clock_timestamp()")
    (again,) = await take(phone=9)
    assert again.tries == 2


async def test_what_is_tried_again_by_hand_goes_before_all_that_is_new(
    company: SmallCompany, take: Taking
) -> None:
    """M6: "try again"."""
    failed, new = company.write(1), company.write(2)
    seq = company.answer(failed, "velho")
    company.report(failed, seq, MessageState.FAILED)
    company.answer(new, "novo")
    company.try_again(failed, seq)
    (due,) = await take(phone=1)
    assert (due.stream, due.tries) == (failed, 1)


async def test_what_was_marked_by_one_that_is_no_more_is_told(
    company: SmallCompany, take: Taking
) -> None:
    """M6: nobody knows whether it left."""
    chat = company.write(1)
    seq = company.answer(chat, "Oi")
    assert await take.outbox.interrupted() == []
    await take(phone=9)
    (left,) = await take.outbox.interrupted()
    assert (left.stream, left.seq, left.account_id) == (chat, seq, PHONE)
    company.report(chat, seq, MessageState.UNKNOWN)
    assert await take.outbox.interrupted() == []


async def test_without_the_lease_nothing_is_marked(
    company: SmallCompany, take: Taking, pool: Pool
) -> None:
    """R14."""
    company.answer(company.write(1), "Oi")
    run_sql(url_of(pool), "UPDATE recado_leases SET expires_at = clock_timestamp()")
    with pytest.raises(LeaseLost):
        await take(phone=9)
    assert await Lease(pool, "dispatch").acquire()
    with pytest.raises(LeaseLost):
        await take(phone=9)
    assert await take.outbox.interrupted() == []


async def test_an_answer_can_quote_what_a_colleague_sent_elsewhere(
    company: SmallCompany, take: Taking
) -> None:
    chat = company.write(1)
    elsewhere = company.write_elsewhere(1, "Já vi")
    company.answer(chat, "Como disse", reply_to=elsewhere)
    (due,) = await take(phone=9)
    assert due.reply_to_provider_id == "echo:1:Já vi"


async def test_a_message_that_never_left_is_not_quoted(company: SmallCompany, take: Taking) -> None:
    chat = company.write(1)
    failed = company.answer(chat, "1")
    company.report(chat, failed, MessageState.FAILED)
    company.answer(chat, "2", reply_to=failed)
    (due,) = await take(phone=9)
    assert due.reply_to_provider_id is None
