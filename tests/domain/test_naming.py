"""Ids that every process derives alike, and that give nothing away (S1)."""

from uuid import RFC_4122, UUID

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from domain.values import Identity, Naming, split_stream, stream_of

SALT = bytes(range(16))
WORDS = st.lists(st.text(max_size=6), min_size=1, max_size=4)
NAMING = Naming(SALT)


@settings(deadline=None)
@given(WORDS)
def test_equal_words_give_equal_ids_of_version_8(words: list[str]) -> None:
    id_ = UUID(NAMING.derive(*words))
    assert (id_.version, id_.variant) == (8, RFC_4122)
    assert Naming(SALT).derive(*words) == str(id_)


@settings(deadline=None)
@given(WORDS, WORDS)
def test_other_words_give_other_ids(some: list[str], others: list[str]) -> None:
    assume(some != others)
    assert NAMING.derive(*some) != NAMING.derive(*others)
    assert NAMING.key(*some) != NAMING.key(*others)


def test_words_do_not_run_into_each_other() -> None:
    """A provider writes what it likes, our separator too."""
    assert NAMING.derive("a\x1fb", "c") != NAMING.derive("a", "b\x1fc")
    assert NAMING.key("a\x1fb", "c") != NAMING.key("a", "b\x1fc")
    assert NAMING.key("a", "", "b") != NAMING.key("a", "b", "")


@settings(deadline=None)
@given(WORDS, st.binary(min_size=16, max_size=16))
def test_another_installation_derives_other_ids(words: list[str], salt: bytes) -> None:
    """Nobody finds out by trial which number an id was derived from."""
    assume(salt != SALT)
    assert NAMING.derive(*words) != Naming(salt).derive(*words)
    assert NAMING.key(*words) != Naming(salt).key(*words)


def test_a_key_is_opaque() -> None:
    key = NAMING.key("identity", "whatsapp.phone", "5511900000001")
    assert "5511900000001" not in key
    assert len(bytes.fromhex(key)) == 18


def test_chats_differ_by_account_thread_and_episode() -> None:
    """R15"""
    chats = {
        NAMING.chat("w", "t", 1),
        NAMING.chat("w", "t", 2),
        NAMING.chat("w", "u", 1),
        NAMING.chat("v", "t", 1),
    }
    assert len(chats) == 4


def test_a_client_is_named_after_the_identity_it_was_first_seen_under() -> None:
    phone = NAMING.client(Identity("whatsapp.phone", "5511900000001"))
    assert phone == NAMING.client(Identity("whatsapp.phone", "5511900000001"))
    assert phone != NAMING.client(Identity("telegram.user", "5511900000001"))


@settings(deadline=None)
@given(st.sampled_from(["chat", "client", "account"]), st.text(max_size=20))
def test_a_stream_says_of_what_kind_and_id_it_is(kind: str, id_: str) -> None:
    assert split_stream(stream_of(kind, id_)) == (kind, id_)
