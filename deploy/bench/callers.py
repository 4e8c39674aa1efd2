"""
Who delivers webhooks: raw sockets on one thread, so that the server is what is measured.

It makes its signed requests beforehand, checks every status, and counts time from the
moment a request was due, not from when there was somebody free to send it.
"""

import select
import socket
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from deploy.bench import payloads
from deploy.bench.failed import BenchFailed

Address = tuple[str, int]

_MOST_BYTES: Final = 65_536
_PATIENCE: Final = 10.0


@dataclass(frozen=True, slots=True)
class Traffic:
    """Messages to deliver, numbered from `first` on."""

    address: Address
    first: int
    clients: Sequence[int]
    """Who sends each of them."""
    callers: int = 64
    """Connections, each with one request at a time."""
    rate: float | None = None
    """Messages a second; None for as fast as they are answered."""
    seconds: float | None = None
    """After which nothing more is sent; None until all are."""


@dataclass(slots=True)
class Answers:
    """What came of it."""

    statuses: Counter[int] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    """Seconds from when each was due to its answer."""
    due: dict[int, float] = field(default_factory=dict)
    """When each message was due, by number, on the machine's monotonic clock."""
    seconds: float = 0.0

    @property
    def taken(self) -> int:
        return self.statuses[200]

    @property
    def per_second(self) -> float:
        return self.taken / self.seconds if self.seconds else 0.0


def deliver(traffic: Traffic) -> Answers:
    """Deliver the messages and return what was answered."""
    requests = payloads.requests(traffic.first, traffic.clients, int(time.time()))
    with select.epoll() as poll:
        return _Delivery(traffic, requests, poll).run()


class _Delivery:
    def __init__(self, traffic: Traffic, requests: list[bytes], poll: select.epoll) -> None:
        self._traffic: Final = traffic
        self._requests: Final = requests
        self._poll: Final = poll
        self._idle: Final = deque[socket.socket]()
        self._busy: Final[dict[int, tuple[socket.socket, float]]] = {}
        self._heard: Final[dict[int, bytes]] = {}
        self._next = 0
        self._answers: Final = Answers()

    def run(self) -> Answers:
        for _ in range(self._traffic.callers):
            connection = socket.create_connection(self._traffic.address, _PATIENCE)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._poll.register(connection, select.EPOLLIN)
            self._idle.append(connection)
        began = time.monotonic()
        try:
            self._deliver(began)
        finally:
            for connection in (*self._idle, *(one for one, _ in self._busy.values())):
                connection.close()
        self._answers.seconds = time.monotonic() - began
        return self._answers

    def _deliver(self, began: float) -> None:
        rate, seconds = self._traffic.rate, self._traffic.seconds
        last = None if seconds is None else began + seconds
        while True:
            now = time.monotonic()
            over = self._next == len(self._requests) or (last is not None and now >= last)
            while self._idle and not over:
                due = now if rate is None else began + self._next / rate
                if due > now:
                    break
                self._send(due)
                over = self._next == len(self._requests)
            if over and not self._busy:
                return
            self._hear(self._patience(over, began))

    def _patience(self, over: bool, began: float) -> float:
        if over or self._traffic.rate is None or not self._idle:
            return _PATIENCE
        due = began + self._next / self._traffic.rate
        return max(0.0, min(_PATIENCE, due - time.monotonic()))

    def _send(self, due: float) -> None:
        connection = self._idle.popleft()
        connection.sendall(self._requests[self._next])
        self._answers.due[self._traffic.first + self._next] = due
        self._busy[connection.fileno()] = connection, due
        self._next += 1

    def _hear(self, patience: float) -> None:
        ready = self._poll.poll(patience)
        if not ready and patience == _PATIENCE:
            raise BenchFailed(f"no answer to {len(self._busy)} requests in {_PATIENCE:.0f} s")
        for number, _ in ready:
            connection, due = self._busy[number]
            said = connection.recv(_MOST_BYTES)
            if not said:
                raise BenchFailed("the server closed a connection in the middle of a request")
            answer = self._heard.pop(number, b"") + said
            if not _is_whole(answer):
                self._heard[number] = answer
                continue
            self._answers.statuses[int(answer[9:12])] += 1
            self._answers.latencies.append(time.monotonic() - due)
            del self._busy[number]
            self._idle.append(connection)


def _is_whole(answer: bytes) -> bool:
    head, found, body = answer.partition(b"\r\n\r\n")
    if not found:
        return False
    _, _, length = head.lower().partition(b"content-length:")
    return len(body) >= int(length.partition(b"\r\n")[0] or 0)
