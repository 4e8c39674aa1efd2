"""Who listens to the live feed: one or thousands of subscribers on one thread."""

import re
import select
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Final

import httpx

from deploy.bench.callers import Address
from deploy.bench.failed import BenchFailed

_MARK: Final = re.compile(rb"\[b(\d+)\]")
_PATIENCE: Final = 30.0
_AFTERWARDS: Final = 1.0
"""Seconds that one listens on after the last: what was sent before it may come after it."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Subscribers to all chats, who listen until the last message has come to those watched."""

    address: Address
    token: str
    ready: Path
    """A file that is made when all of them listen."""
    last: int
    """The number of the message after which nobody need listen."""
    seconds: float
    """After which they leave in any case, once all are there."""
    listeners: int = 1
    watch_every: int = 1
    """Of so many listeners one is looked at; of the others the bytes are counted."""


@dataclass(slots=True)
class Heard:
    """What came to them."""

    at: list[dict[int, float]] = field(default_factory=list)
    """For each one watched: when each message first came, by number, on the monotonic clock."""
    received: list[int] = field(default_factory=list)
    """Bytes that came to each listener, his snapshot included."""


def listen(audience: Audience) -> Heard:
    """Subscribe, listen, and return what was heard."""
    path = _subscription(audience.address, audience.token)
    with select.epoll() as poll:
        ears: dict[int, Ear] = {}
        for number in range(audience.listeners):
            is_watched = number % audience.watch_every == 0
            ear = Ear(_open(audience.address, audience.token, path), is_watched=is_watched)
            poll.register(ear.connection, select.EPOLLIN)
            ears[ear.connection.fileno()] = ear
            for already, _ in poll.poll(0):
                ears[already].hear(audience.last)
        audience.ready.touch()
        give_up = time.monotonic() + audience.seconds
        waiting = sum(ear.is_watched and audience.last not in ear.at for ear in ears.values())
        try:
            while time.monotonic() < give_up:
                for number, _ in poll.poll(0.2):
                    waiting -= ears[number].hear(audience.last)
                    if not waiting:
                        give_up = min(give_up, time.monotonic() + _AFTERWARDS)
        finally:
            for ear in ears.values():
                ear.connection.close()
    return Heard(
        [ear.at for ear in ears.values() if ear.is_watched],
        [ear.received for ear in ears.values()],
    )


class Ear:
    """One subscriber's connection."""

    def __init__(self, connection: socket.socket, *, is_watched: bool) -> None:
        self.connection: Final = connection
        self.is_watched = is_watched
        self.at: Final[dict[int, float]] = {}
        self.received = 0
        self._rest = b""

    def hear(self, last: int) -> bool:
        """Take what came; return whether the last message came with it."""
        said = self.connection.recv(262_144)
        if not said:
            raise BenchFailed("the server closed a feed")
        self.received += len(said)
        if not self.is_watched:
            return False
        now = time.monotonic()
        text = self._rest + said
        had_all = last in self.at
        for mark in _MARK.findall(text):
            self.at.setdefault(int(mark), now)
        self._rest = text[-24:]
        return last in self.at and not had_all


def _subscription(address: Address, token: str) -> str:
    """Return the path of the stream of a new subscription to all chats."""
    wanted = {"views": [{"id": "chats", "projection": "chats", "params": {}}]}
    headers = {"authorization": f"Bearer {token}"}
    url = f"http://{address[0]}:{address[1]}/v1/subscriptions"
    answer = httpx.post(url, json=wanted, headers=headers, timeout=_PATIENCE)
    return f"/v1/subscriptions/{answer.raise_for_status().json()['id']}/stream"


def _open(address: Address, token: str, path: str) -> socket.socket:
    """Return a connection on which the feed is open: its snapshot has begun to come."""
    connection = socket.create_connection(address, _PATIENCE)
    head = f"GET {path} HTTP/1.1\r\nhost: bench.test\r\nauthorization: Bearer {token}\r\n\r\n"
    connection.sendall(head.encode())
    said = connection.recv(64, socket.MSG_PEEK)
    if not said.startswith(b"HTTP/1.1 200"):
        raise BenchFailed(f"the feed was refused: {said.decode(errors='replace')}")
    return connection


def delays(
    heard: Mapping[int, float], due: Mapping[int, float], clients: Mapping[int, int]
) -> list[float]:
    """
    Return the seconds from when each message was due to when it was heard.

    The feed tells how chats are now: what a later message of the same client overtook on
    the way has come when that one has.
    """
    found, come = [], dict[int, float]()
    for number in sorted(due, reverse=True):
        client = clients[number]
        at = min(heard.get(number, inf), come.get(client, inf))
        if at < inf:
            come[client] = at
            found.append(at - due[number])
    return found
