"""
A company's years of chats, put straight into the views.

No log stands behind them: the tables are what a rebuild would leave, of any size within
minutes. What follows says nothing of how fast a log is folded; `rebuild` measures that.
"""

from typing import Final

import orjson
import psycopg
from psycopg.sql import SQL, Identifier

from adapters.storage.postgres.columns import SCHEMA
from adapters.storage.postgres.layout import create_indexes
from adapters.storage.postgres.views import CLIENTS, INBOX, MESSAGES, SEARCH
from deploy.applying import group_id, operator_id
from deploy.bench.company import CHANNEL, GROUP, OPERATORS
from domain.values import Naming
from projections.unread import NOTHING

MESSAGES_OF_A_CHAT: Final = 10
WORDS: Final = 20_000
"""Different words: a few are said all the time, most hardly ever."""

_CLIENTS: Final = """
INSERT INTO {schema}.clients (id, version, changed, renamed, channel_name, identities, consents,
    facts, tags, versions, name, words, found_by, held)
SELECT 'client-' || n, 1, n, 0, 'Cliente ' || n, '[]', '[]', '[]',
    CASE WHEN n %% 10 = 0 THEN '{{cliente}}' ELSE '{{}}' END::text[], '[]', 'Cliente ' || n,
    'cliente ' || n, array_to_tsvector(ARRAY['cliente', n::text]),
    CASE WHEN n %% 10 = 0 THEN jsonb_build_object('cidade', 'cidade ' || n %% 500) ELSE '{{}}' END
FROM generate_series(1, %(chats)s) AS n
"""
# A fifth of the open ones are New; of the others every other one waits for an answer.
_CHATS: Final = """
INSERT INTO {schema}.inbox (chat_id, version, changed, opened_at, client_id, account_id, channel,
    episode, group_id, operator_id, last_operator, last_seq, waiting_since, became_waiting,
    unread, reading, last_message, last_activity_at, last_client_at, priority, tags,
    has_attachment, closed_at, waiting_key, seen_as, words)
SELECT 'chat-' || n, 20, n, t.at - interval '1 hour', 'client-' || n, %(account)s, 'whatsapp', 1,
    %(group)s, CASE WHEN t.is_open AND n %% 5 <> 0 THEN t.operator END, t.operator, {of_a_chat},
    t.waiting, false, CASE WHEN t.is_open AND n %% 5 IN (1, 2) THEN 2 ELSE 0 END,
    %(reading)s::json, json_build_object('seq', {of_a_chat}, 'text', 'Bom dia', 'kind', 'text',
        'at', t.at, 'direction', 'in'),
    t.at, t.at, 'normal', CASE WHEN n %% 7 = 0 THEN ARRAY['t' || n %% 50] ELSE '{{}}' END,
    n %% 3 = 0, CASE WHEN NOT t.is_open THEN t.at END,
    coalesce(t.waiting, '9999-01-01Z'), CASE WHEN t.is_open AND n %% 5 = 0 THEN NULL
        ELSE t.operator END, 'bom dia'
FROM generate_series(1, %(chats)s) AS n, LATERAL (
    SELECT n > %(chats)s - %(open)s AS is_open,
        now() - (%(chats)s - n) * interval '30 seconds' AS at,
        CASE WHEN n > %(chats)s - %(open)s AND n %% 2 = 0
            THEN now() - (%(chats)s - n) * interval '30 seconds' END AS waiting,
        (%(operators)s::text[])[1 + n %% cardinality(%(operators)s::text[])] AS operator
) AS t
"""
_MESSAGES: Final = """
INSERT INTO {schema}.messages (chat_id, seq, changed, kind, text, parts, at, sent_at, direction,
    state, provider_ids, mentions, history, files)
SELECT 'chat-' || n, seq, n, 'text', 'Olá, p' || (n * 31 + seq * 7) %% {words} || ' nota fiscal',
    '[]', t.at, t.at, CASE WHEN seq %% 2 = 0 THEN 'out' ELSE 'in' END, NULL,
    ARRAY['p' || n || '.' || seq], '{{}}', '[]', '[]'
FROM generate_series(1, %(chats)s) AS n, generate_series(1, {of_a_chat}) AS seq, LATERAL (
    SELECT now() - (%(chats)s - n) * interval '30 seconds' + seq * interval '1 second' AS at
) AS t
"""
_SEARCH: Final = """
INSERT INTO {schema}.search (chat_id, seq, changed, words)
SELECT 'chat-' || n, seq, n, array_to_tsvector(ARRAY['ola', 'nota', 'fiscal',
    'p' || (n * 31 + seq * 7) %% {words}])
FROM generate_series(1, %(chats)s) AS n, generate_series(1, {of_a_chat}) AS seq
"""


def put_in(url: str, naming: Naming, chats: int, still_open: int) -> None:
    """Fill the views with so many chats, the last of them open; indexes are made afterwards."""
    with psycopg.connect(url, autocommit=True) as connection:
        values = {
            "chats": chats,
            "open": still_open,
            "account": naming.derive("channel", CHANNEL),
            "group": group_id(naming, GROUP),
            "operators": [operator_id(naming, email) for email in OPERATORS],
            "reading": orjson.dumps(NOTHING, default=tuple).decode(),
        }
        filled = (CLIENTS, INBOX, MESSAGES, SEARCH)
        for view in filled:
            for name in ("key", *view.indexes):
                index = Identifier(SCHEMA, f"{view.name}_{name}")
                connection.execute(SQL("DROP INDEX IF EXISTS {}").format(index))
        for statement in (_CLIENTS, _CHATS, _MESSAGES, _SEARCH):
            made = statement.format(schema=SCHEMA, of_a_chat=MESSAGES_OF_A_CHAT, words=WORDS)
            connection.execute(made.encode(), values)
        for view in filled:
            create_indexes(connection, view, SCHEMA)
            connection.execute(SQL("VACUUM ANALYZE {}").format(view.table()))
        connection.execute("CHECKPOINT")
