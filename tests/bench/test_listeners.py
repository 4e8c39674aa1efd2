"""Who listens finds each message once, however its bytes come."""

import socket
from collections.abc import Iterator

import pytest

from deploy.bench.failed import BenchFailed
from deploy.bench.listeners import Ear


@pytest.fixture
def wire() -> Iterator[tuple[socket.socket, Ear]]:
    theirs, ours = socket.socketpair()
    with theirs, ours:
        yield theirs, Ear(ours, is_watched=True)


def test_a_message_cut_in_two_is_heard_once_whole(wire: tuple[socket.socket, Ear]) -> None:
    feed, ear = wire
    feed.sendall(b'{"text":"[b000000')
    assert not ear.hear(last=12)
    feed.sendall(b'12]Oi"}')
    assert ear.hear(last=12)
    assert list(ear.at) == [12]


def test_the_last_message_is_told_of_once(wire: tuple[socket.socket, Ear]) -> None:
    feed, ear = wire
    for expected in (True, False):
        feed.sendall(b"[b00000007]")
        assert ear.hear(last=7) is expected


def test_the_first_time_counts(wire: tuple[socket.socket, Ear]) -> None:
    feed, ear = wire
    feed.sendall(b"[b00000007]")
    ear.hear(last=9)
    first = ear.at[7]
    feed.sendall(b"[b00000007][b00000008]")
    ear.hear(last=9)
    assert ear.at[7] == first < ear.at[8]


def test_of_who_is_not_watched_bytes_are_counted(wire: tuple[socket.socket, Ear]) -> None:
    feed, ear = wire
    ear.is_watched = False
    feed.sendall(b"[b00000007]")
    assert not ear.hear(last=7)
    assert (ear.received, ear.at) == (11, {})


def test_a_feed_that_ends_is_no_silence(wire: tuple[socket.socket, Ear]) -> None:
    feed, ear = wire
    feed.close()
    with pytest.raises(BenchFailed):
        ear.hear(last=1)
