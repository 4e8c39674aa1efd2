"""Those who deliver and listen: nothing that the server says is taken for something else."""

import hmac
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from deploy.bench import payloads
from deploy.bench.callers import Address, Traffic, deliver
from deploy.bench.company import APP_SECRET
from deploy.bench.failed import BenchFailed
from deploy.bench.listeners import delays

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
BUSY = b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n"

Answer = Callable[[int], list[bytes]]
"""What is sent in answer to the nth request, piece by piece; nothing to hang up."""


@contextmanager
def server(answer: Answer) -> Iterator[Address]:
    """Yield the address of a server that answers one connection after the other."""

    def serve(connection: socket.socket) -> None:
        number, length = 0, 0
        with connection, connection.makefile("rb") as asked:
            while line := asked.readline():
                if line.lower().startswith(b"content-length"):
                    length = int(line.split(b":")[1])
                elif line == b"\r\n":
                    asked.read(length)
                    pieces = answer(number)
                    if not pieces:
                        return
                    for piece in pieces:
                        connection.sendall(piece)
                    number += 1

    def accept() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            serve(connection)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        accepting = threading.Thread(target=accept)
        accepting.start()
        yield listening.getsockname()
        listening.shutdown(socket.SHUT_RDWR)
    accepting.join(5)
    assert not accepting.is_alive()


def test_every_message_is_delivered_once_and_every_status_counted() -> None:
    with server(lambda n: [BUSY if n == 3 else OK]) as address:
        answers = deliver(Traffic(address, 100, range(10), callers=1))
    assert answers.statuses == {200: 9, 503: 1}
    assert list(answers.due) == list(range(100, 110))
    assert len(answers.latencies) == 10


def test_an_answer_in_pieces_is_one_answer() -> None:
    with server(lambda _: [OK[:7], OK[7:30], OK[30:]]) as address:
        assert deliver(Traffic(address, 0, range(20), callers=1)).taken == 20


def test_messages_are_due_at_the_rate_asked_for() -> None:
    with server(lambda _: [OK]) as address:
        answers = deliver(Traffic(address, 0, range(21), callers=1, rate=100))
    due = list(answers.due.values())
    assert due[-1] - due[0] == pytest.approx(0.2)
    assert answers.seconds >= 0.2


def test_nothing_more_is_sent_when_the_time_is_over() -> None:
    with server(lambda _: [OK]) as address:
        answers = deliver(Traffic(address, 0, range(10_000), callers=1, seconds=0.05))
    assert 0 < answers.taken < 10_000


def test_a_server_that_hangs_up_is_no_answer() -> None:
    with server(lambda _: []) as address, pytest.raises(BenchFailed):
        deliver(Traffic(address, 0, range(1), callers=1))


def test_a_body_is_signed_and_says_who_wrote_what() -> None:
    head, _, content = payloads.request(payloads.body(7, 3, 1_900_000_000)).partition(b"\r\n\r\n")
    signature = hmac.digest(APP_SECRET.encode(), content, "sha256").hex()
    assert f"x-hub-signature-256: sha256={signature}".encode() in head
    value = json.loads(content)["entry"][0]["changes"][0]["value"]
    assert value["messages"][0]["from"] == payloads.phone(3)
    assert value["messages"][0]["text"]["body"].startswith("[b00000007]")


def test_delays_are_those_of_what_was_heard() -> None:
    assert delays({1: 5.0, 9: 1.0}, {1: 3.0, 2: 3.0}, {1: 1, 2: 2}) == [2.0]


def test_what_was_overtaken_has_come_with_what_overtook_it() -> None:
    due = {1: 1.0, 2: 2.0, 3: 3.0}
    assert sorted(delays({3: 4.0}, due, {1: 7, 2: 8, 3: 7})) == [1.0, 3.0]


def test_what_came_in_time_was_not_overtaken() -> None:
    assert sorted(delays({1: 1.5, 2: 4.0}, {1: 1.0, 2: 3.5}, {1: 7, 2: 7})) == [0.5, 0.5]
