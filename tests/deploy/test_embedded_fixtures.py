"""The servers that the other tests are given."""

import nats
import psycopg
from nats.js.api import StreamConfig


def test_a_fresh_database_is_empty(fresh_database: str) -> None:
    with psycopg.connect(fresh_database) as connection:
        connection.execute("CREATE TABLE words (word text)")
        connection.commit()
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
    assert tables == [("words",)]


def test_the_next_database_is_empty_too(fresh_database: str, postgres_url: str) -> None:
    assert fresh_database != postgres_url
    with psycopg.connect(fresh_database) as connection:
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
    assert tables == []


async def test_a_fresh_nats_holds_no_stream_and_the_shared_one_is_another(
    fresh_nats: str, nats_url: str
) -> None:
    assert fresh_nats != nats_url
    connection = await nats.connect(fresh_nats)
    try:
        jetstream = connection.jetstream()
        assert await jetstream.streams_info() == []
        stored = await jetstream.add_stream(StreamConfig(name="WORDS", subjects=["words"]))
        assert stored.config.name == "WORDS"
    finally:
        await connection.close()
