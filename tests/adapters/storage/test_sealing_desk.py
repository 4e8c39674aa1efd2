"""The desk over a sealed log: the contract, keys with their first event, other processes' keys."""

import asyncio
from collections.abc import Iterator

import pytest

from adapters.storage.desk import LogDesk
from adapters.storage.mapper import EventMapper
from adapters.storage.postgres.log import LogReader
from adapters.storage.postgres.recorder import migrate
from adapters.storage.sealing.masters import NoMasterKey, UnknownMaster
from adapters.storage.sealing.opening import masters_of, ring_of
from domain.acts import Ask
from domain.chat import commands as c
from domain.chat.events import MessageReceived
from domain.content import Text
from domain.values import ERASED, OperatorId, stream_of
from tests.adapters.storage.log_database import MAPPER, Database
from tests.adapters.storage.sealed_database import MASTER, SealedDatabase
from tests.adapters.storage.test_desk_failures import AnswerLost
from tests.contracts.company import META, Ground, chat_of, gathered, message, receipts
from tests.contracts.desk import DeskContract


@pytest.fixture
def database(fresh_database: str) -> SealedDatabase:
    migrate(fresh_database)
    return SealedDatabase(fresh_database)


@pytest.fixture
def desk(database: SealedDatabase) -> Iterator[LogDesk]:
    with database.desk() as desk:
        yield desk


class TestSealingDesk(DeskContract):
    @pytest.fixture
    def ground(self, database: SealedDatabase, desk: LogDesk) -> Ground:
        return database.ground(desk)


def keys(database: Database) -> int:
    return int(database.run("SELECT count(*) FROM recado_vault.keys WHERE owner != 'naming'")[0][0])


async def test_a_client_has_one_key_whatever_process_hears_him(database: SealedDatabase) -> None:
    """Also where two processes hear his first messages at the same instant."""
    with database.desk() as one, database.desk() as other:
        acts = [
            message(one.naming, f"+55119{n:08}", f"{n}-{m}") for n in range(10) for m in range(6)
        ]
        told = await asyncio.gather(gathered(one, acts[0::2]), gathered(other, acts[1::2]))
        for half in told:
            receipts(half)
        again = [message(one.naming, f"+55119{n:08}", f"later-{n}") for n in range(10)]
        receipts(await gathered(other, again))
        comment = c.AddComment(operator_id=OperatorId("ana"), text="é o de sempre")
        chat = chat_of((await gathered(one, [again[0]]))[0])  # type: ignore[arg-type]  # a receipt: it was recorded
        await one.submit(Ask(meta=META, stream=stream_of("chat", chat), command=comment))
    assert keys(database) == 10
    texts = [r.event.parts for r in database.recorded() if isinstance(r.event, MessageReceived)]
    assert len(texts) == 70
    assert (Text(text=ERASED),) not in texts
    assert all(b"de sempre" not in row[4] for row in database.rows())


async def test_a_process_that_starts_anew_reads_what_it_needs(database: SealedDatabase) -> None:
    """Chats, their clients and keys come with the lock; the chat goes on."""
    with database.desk() as desk:
        chat = chat_of(await desk.submit(message(desk.naming, "+5511900000001", "w0")))
    with database.desk() as desk:
        comment = c.AddComment(operator_id=OperatorId("ana"), text="liga para ele")
        await desk.submit(Ask(meta=META, stream=stream_of("chat", chat), command=comment))
        second = message(desk.naming, "+5511900000001", "w1")
        assert chat_of(await desk.submit(second)) == chat
    assert keys(database) == 1
    assert [r.version for r in database.recorded() if r.stream == stream_of("chat", chat)] == [
        *range(1, 5)
    ]


async def test_nothing_is_sealed_with_a_key_that_was_not_stored(
    database: SealedDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit that is lost takes the key that was made in it with it."""
    with database.desk(AnswerLost) as desk:
        monkeypatch.setattr(AnswerLost, "losses", 1)
        await desk.submit(message(desk.naming, "+5511900000001", "w0"))
        await desk.submit(message(desk.naming, "+5511900000001", "w1"))
    assert keys(database) == 1
    parts = [r.event.parts for r in database.recorded() if isinstance(r.event, MessageReceived)]
    assert (Text(text=ERASED),) not in parts


def test_a_database_is_opened_only_with_its_own_key(database: SealedDatabase) -> None:
    database.masters()
    for other in ("00" * 32, None, "none"):
        with pytest.raises(UnknownMaster):
            masters_of(database.url, other)
    with pytest.raises(NoMasterKey):
        masters_of(database.url, "command:false")
    assert masters_of(database.url, f"command:echo {MASTER}") is not None


async def test_a_log_from_before_goes_on_and_is_sealed_from_then_on(fresh_database: str) -> None:
    migrate(fresh_database)
    plain = Database(fresh_database)
    with plain.desk() as desk:
        naming = desk.naming
        chat = chat_of(await desk.submit(message(naming, "+5511900000001", "w0")))
    sealed = SealedDatabase(fresh_database)
    with sealed.desk() as desk:
        assert desk.naming == naming
        assert chat_of(await desk.submit(message(naming, "+5511900000001", "w1"))) == chat
    first, second = [r for r in sealed.recorded() if isinstance(r.event, MessageReceived)]
    blind = [MAPPER.decode(*row) for row in sealed.rows()]
    assert first in blind
    assert second not in blind


async def test_ids_cannot_be_tried_out_without_the_keys(database: SealedDatabase) -> None:
    """Who has the log's tables alone has only a part of the salt."""
    with database.desk() as desk:
        salt = bytes(database.run("SELECT salt FROM recado_head")[0][0])
        assert desk.naming.salt != salt
        assert len(desk.naming.salt) == len(salt)


async def test_a_reader_of_one_stream_looks_up_its_keys(database: SealedDatabase) -> None:
    with database.desk() as desk:
        chat = chat_of(await desk.submit(message(desk.naming, "+5511900000001", "w0")))
    reader = LogReader(database.url, EventMapper().opening(ring_of(database.masters())))
    try:
        history = reader.history(stream_of("chat", chat))
        assert [r for r in database.recorded() if r.stream == stream_of("chat", chat)] == history
        assert len(list(reader.raw())) == len(database.rows())
    finally:
        reader.close()
