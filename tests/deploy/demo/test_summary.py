"""The demo's count: lost and doubled are found where there are any."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from adapters.storage.postgres.recorder import LogRecorder, migrate
from deploy.demo.summary import Summary, count
from domain.chat.events import MessageReceived
from tests.prepared import MAPPER, desk_on, reader_on
from tests.small_company import SmallCompany


@pytest.fixture
def company(fresh_database: str) -> Iterator[SmallCompany]:
    migrate(fresh_database)
    with desk_on(fresh_database) as desk:
        yield SmallCompany(desk)


def summary(url: str, *ids: str, after: int = 0) -> Summary:
    """Return the count against what customers wrote on `loja`."""
    with reader_on(url) as reader:
        return count(reader, MAPPER, after, {"loja": list(ids)})


def test_nothing_happened(fresh_database: str) -> None:
    migrate(fresh_database)
    assert summary(fresh_database) == Summary(0, 0, 0, 0, 0, 0)


def test_what_happened_is_counted(fresh_database: str, company: SmallCompany) -> None:
    chats = company.work(clients=4)
    company.close(chats[3])
    counted = summary(fresh_database, *(f"{n}:Oi" for n in range(4)))
    assert counted == Summary(received=4, assigned=2, answered=2, waiting=1, lost=0, doubled=0)
    assert f"{counted}" == "received 4  assigned 2  answered 2  waiting 1  lost 0  doubled 0"


def test_what_was_written_and_is_not_in_the_log_is_lost(
    fresh_database: str, company: SmallCompany
) -> None:
    company.work(clients=2)
    assert summary(fresh_database, "0:Oi", "1:Oi", "2:Oi", "3:Oi").lost == 2


def test_the_same_id_on_another_account_does_not_hide_a_loss(
    fresh_database: str, company: SmallCompany
) -> None:
    company.work(clients=1)
    with reader_on(fresh_database) as reader:
        counted = count(reader, MAPPER, 0, {"loja": ["0:Oi"], "other": ["0:Oi"]})
    assert counted.lost == 1


def test_what_is_in_the_log_twice_is_doubled(fresh_database: str, company: SmallCompany) -> None:
    """Planted: the desk itself would not record it (M1)."""
    (chat,) = company.work(clients=1)
    with reader_on(fresh_database) as reader:
        history = reader.history(chat)
    received = next(r for r in history if isinstance(r.event, MessageReceived))
    version = len(history) + 1
    recorder = LogRecorder.connect(fresh_database)
    again = replace(received.event, seq=2)  # type: ignore[call-arg]  # it is a MessageReceived
    stored = MAPPER.to_stored_event(chat, version, again, received.meta, received.subject)
    recorder.insert_events([stored])
    recorder.close()
    counted = summary(fresh_database, "0:Oi")
    assert (counted.received, counted.lost, counted.doubled) == (2, 0, 1)


def test_only_what_came_after_is_counted(fresh_database: str, company: SmallCompany) -> None:
    (chat,) = company.work(clients=1)
    with reader_on(fresh_database) as reader:
        before = reader.head()[0]
    company.write(0, "Ainda aí?")
    company.answer(chat, "Sim")
    counted = summary(fresh_database, "0:Ainda aí?", after=before)
    assert (counted.received, counted.assigned, counted.answered) == (1, 0, 1)
    assert (counted.lost, counted.doubled, counted.waiting) == (0, 0, 0)
