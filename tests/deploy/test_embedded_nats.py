"""NATS as a child of ours: it starts, stays where it is, and lets nobody else in."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import nats
import pytest
from nats.js.api import StreamConfig

from deploy.embedded import DataDirectoryInUse, EmbeddedNats, EmbeddedServerFailed
from tests.fixtures_servers import wait_until


@pytest.fixture
def server(data: Path) -> Iterator[EmbeddedNats]:
    server = EmbeddedNats(data)
    yield server
    server.stop()


async def publish(url: str, word: str) -> None:
    connection = await nats.connect(url)
    try:
        stream = connection.jetstream()
        await stream.add_stream(StreamConfig(name="WORDS", subjects=["words"]))
        await stream.publish("words", word.encode())
    finally:
        await connection.close()


async def last_word(url: str) -> str:
    connection = await nats.connect(url)
    try:
        message = await connection.jetstream().get_last_msg("WORDS", "words")
    finally:
        await connection.close()
    return (message.data or b"").decode()


async def test_what_was_acknowledged_is_there_after_a_stop_and_a_start(
    server: EmbeddedNats,
) -> None:
    url = server.start()
    await publish(url, "recado")
    server.stop()
    assert not server.is_alive()
    assert server.start() == url
    assert await last_word(url) == "recado"


async def test_a_killed_server_comes_back_at_the_same_address_with_its_data(
    server: EmbeddedNats,
) -> None:
    url = server.start()
    await publish(url, "recado")
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    wait_until(lambda: not server.is_alive())

    assert server.start() == url
    assert await last_word(url) == "recado"


def test_nobody_comes_in_without_the_token(server: EmbeddedNats) -> None:
    port = int(server.start().rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as stranger:
        stranger.sendall(b'CONNECT {"auth_token": "guessed"}\r\nPING\r\n')
        with stranger.makefile("rb") as answers:
            assert answers.readline().startswith(b"INFO ")
            assert answers.readline() == b"-ERR 'Authorization Violation'\r\n"


def test_the_token_is_readable_by_its_owner_only(server: EmbeddedNats) -> None:
    server.start()
    holding = [
        file
        for file in server.data.rglob("*")
        if file.is_file() and server._secret().encode() in file.read_bytes()
    ]
    assert {file.name for file in holding} == {"secret", "nats.conf"}
    assert all(file.stat().st_mode & 0o077 == 0 for file in holding)


async def test_it_writes_before_it_acknowledges_and_takes_8_mb(server: EmbeddedNats) -> None:
    connection = await nats.connect(server.start())
    try:
        assert connection.max_payload == 8 * 1024 * 1024
    finally:
        await connection.close()
    assert "sync_interval: always" in (server.home / "nats.conf").read_text()


def test_it_listens_on_the_loopback_only(server: EmbeddedNats) -> None:
    port = int(server.start().rpartition(":")[2])
    listening = [
        fields[1]
        for table in ("tcp", "tcp6")
        for fields in map(str.split, Path(f"/proc/net/{table}").read_text().splitlines()[1:])
        if fields[3] == "0A" and fields[1].endswith(f":{port:04X}")
    ]
    assert listening == [f"0100007F:{port:04X}"]


def test_the_server_of_a_killed_parent_is_ended_before_a_new_one_starts(data: Path) -> None:
    orphan = EmbeddedNats(data)
    url = orphan.start()
    orphan._lock.release()
    orphaned = orphan._child
    assert orphaned is not None

    heir = EmbeddedNats(data)
    try:
        assert heir.start() == url
        assert orphaned.wait(0.0)
    finally:
        heir.stop()


def test_two_do_not_work_on_one_store(server: EmbeddedNats, data: Path) -> None:
    server.start()
    with pytest.raises(DataDirectoryInUse):
        EmbeddedNats(data).start()
    assert server.is_alive()


def test_a_taken_port_is_given_up_for_a_free_one(server: EmbeddedNats) -> None:
    server.home.mkdir(parents=True)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (server.home / "port").write_text(f"{port}\n")
        assert not server.start().endswith(f":{port}")


def test_why_it_did_not_start_is_one_line_without_the_token(server: EmbeddedNats) -> None:
    server.home.mkdir(parents=True)
    (server.home / "store").write_text("not a folder")
    with pytest.raises(EmbeddedServerFailed) as refused:
        server.start()
    assert "\n" not in str(refused.value)
    assert "storage directory is not a directory" in str(refused.value)
    assert server._secret() not in str(refused.value) + refused.value.log_tail


def test_it_starts_in_no_time(server: EmbeddedNats) -> None:
    """About 50 ms; the test leaves room for a machine busy with other things."""
    began = time.monotonic()
    server.start()
    assert time.monotonic() - began < 2
