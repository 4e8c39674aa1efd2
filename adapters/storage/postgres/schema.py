"""
The tables beside the log, and the one function that appends to it.

`recado_head` is one row: the last position, the running hash, the salt that ids are
derived with. Whoever appends locks it first, which makes it the write lock, and makes
positions dense: a refused append rolls its numbers back with the rest.

`recado_webhooks` holds what other programs are told with: a secret, and up to which position
what they want is in `recado_webhook_queue`.

`recado_media` lists the files that still lie at a provider, `recado_held_files` which chat
holds which file: both in step with the log, like the outbox.
"""

from typing import Final

EVENTS_TABLE: Final = "recado_events"

EVENTS: Final = """
CREATE TABLE IF NOT EXISTS recado_events (
    originator_id text NOT NULL,
    originator_version bigint NOT NULL,
    topic text NOT NULL,
    state bytea NOT NULL,
    notification_id bigint NOT NULL,
    PRIMARY KEY (originator_id, originator_version)
) WITH (
    autovacuum_vacuum_insert_threshold = 1000000,
    autovacuum_analyze_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.05
)
"""

TABLES: Final = """
CREATE TABLE IF NOT EXISTS recado_head (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    position bigint NOT NULL DEFAULT 0,
    hash bytea NOT NULL DEFAULT '\\x',
    at timestamptz NOT NULL DEFAULT '-infinity',
    salt bytea NOT NULL
) WITH (fillfactor = 10);
CREATE INDEX IF NOT EXISTS recado_events_erasures ON recado_events (notification_id)
    WHERE topic = 'client-erased.v1';
INSERT INTO recado_head (salt) VALUES (uuid_send(gen_random_uuid())) ON CONFLICT DO NOTHING;

CREATE TABLE IF NOT EXISTS recado_keys (
    key text PRIMARY KEY,
    stream text NOT NULL,
    number bigint NOT NULL,
    position bigint NOT NULL,
    fingerprint text
);
CREATE TABLE IF NOT EXISTS recado_seats (
    operator_id text PRIMARY KEY,
    load integer NOT NULL
) WITH (fillfactor = 50);
CREATE TABLE IF NOT EXISTS recado_outbox (
    stream text NOT NULL,
    seq bigint NOT NULL,
    account_id text NOT NULL,
    position bigint,
    tries integer NOT NULL DEFAULT 0,
    not_before timestamptz NOT NULL DEFAULT '-infinity',
    attempted_at timestamptz,
    PRIMARY KEY (stream, seq)
) WITH (fillfactor = 50);
CREATE INDEX IF NOT EXISTS recado_outbox_next
    ON recado_outbox (account_id, position NULLS FIRST);
CREATE TABLE IF NOT EXISTS recado_leases (
    name text PRIMARY KEY,
    holder text NOT NULL,
    fence bigint NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE TABLE IF NOT EXISTS recado_heartbeats (
    operator_id text PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50);
CREATE TABLE IF NOT EXISTS recado_credentials (
    operator_id text PRIMARY KEY,
    password_hash text NOT NULL
);
CREATE TABLE IF NOT EXISTS recado_sessions (
    digest bytea PRIMARY KEY,
    operator_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('session', 'token')),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz
);
ALTER TABLE recado_sessions
    ADD COLUMN IF NOT EXISTS id text,
    ADD COLUMN IF NOT EXISTS name text,
    ADD COLUMN IF NOT EXISTS scopes text[],
    ADD COLUMN IF NOT EXISTS epoch bigint NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS via text,
    ADD COLUMN IF NOT EXISTS place text,
    ADD COLUMN IF NOT EXISTS agent text,
    ADD COLUMN IF NOT EXISTS last_used_at timestamptz;
CREATE INDEX IF NOT EXISTS recado_sessions_operator ON recado_sessions (operator_id);
CREATE TABLE IF NOT EXISTS recado_second_factors (
    operator_id text PRIMARY KEY,
    secret bytea NOT NULL,
    confirmed boolean NOT NULL DEFAULT false,
    last_step bigint NOT NULL DEFAULT 0,
    recovery bytea[] NOT NULL DEFAULT ARRAY[]::bytea[]
);
CREATE TABLE IF NOT EXISTS recado_channel_secrets (
    account_id text PRIMARY KEY,
    name text NOT NULL UNIQUE,
    kind text NOT NULL,
    config text NOT NULL
);

CREATE TABLE IF NOT EXISTS recado_pull_cursors (
    account_id text PRIMARY KEY,
    cursor text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE IF NOT EXISTS recado_media (
    position bigint NOT NULL,
    part integer NOT NULL,
    stream text NOT NULL,
    seq bigint NOT NULL,
    account_id text NOT NULL,
    since timestamptz NOT NULL DEFAULT clock_timestamp(),
    tries integer NOT NULL DEFAULT 0,
    not_before timestamptz NOT NULL DEFAULT '-infinity',
    attempted_at timestamptz,
    PRIMARY KEY (position, part)
) WITH (fillfactor = 50);
CREATE INDEX IF NOT EXISTS recado_media_due ON recado_media (account_id, not_before)
    WHERE attempted_at IS NULL;
CREATE TABLE IF NOT EXISTS recado_files (
    sha256 text PRIMARY KEY,
    mime text NOT NULL,
    size bigint NOT NULL,
    thumbnail text,
    kept_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE IF NOT EXISTS recado_held_files (
    chat_id text NOT NULL,
    seq bigint NOT NULL,
    part integer NOT NULL,
    sha256 text NOT NULL,
    name text,
    PRIMARY KEY (chat_id, seq, part, sha256)
);
CREATE INDEX IF NOT EXISTS recado_held_files_sha256 ON recado_held_files (sha256, chat_id);
CREATE TABLE IF NOT EXISTS recado_unneeded_files (
    sha256 text PRIMARY KEY
);
CREATE TABLE IF NOT EXISTS recado_uploads (
    id text PRIMARY KEY,
    sha256 text NOT NULL,
    operator_id text NOT NULL,
    name text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX IF NOT EXISTS recado_uploads_sha256 ON recado_uploads (sha256, operator_id);
CREATE TABLE IF NOT EXISTS recado_webhooks (
    id text PRIMARY KEY,
    secret text NOT NULL,
    former_secret text,
    former_until timestamptz,
    position bigint NOT NULL
) WITH (fillfactor = 50);
CREATE TABLE IF NOT EXISTS recado_webhook_queue (
    webhook_id text NOT NULL REFERENCES recado_webhooks (id) ON DELETE CASCADE,
    position bigint NOT NULL,
    stream text NOT NULL,
    tries integer NOT NULL DEFAULT 0,
    not_before timestamptz NOT NULL DEFAULT '-infinity',
    PRIMARY KEY (webhook_id, stream, position)
) WITH (fillfactor = 50);
CREATE TABLE IF NOT EXISTS recado_webhook_deliveries (
    n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    webhook_id text NOT NULL REFERENCES recado_webhooks (id) ON DELETE CASCADE,
    position bigint NOT NULL,
    kind text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    tries integer NOT NULL,
    status integer,
    error text,
    milliseconds integer NOT NULL,
    next_at timestamptz
);
CREATE INDEX IF NOT EXISTS recado_webhook_deliveries_of
    ON recado_webhook_deliveries (webhook_id, n);
CREATE TABLE IF NOT EXISTS recado_drafts (
    operator_id text NOT NULL,
    chat_id text NOT NULL,
    mode text NOT NULL,
    text text NOT NULL,
    attachments text[] NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (operator_id, chat_id, mode)
);
CREATE INDEX IF NOT EXISTS recado_drafts_chat ON recado_drafts (chat_id);
CREATE TABLE IF NOT EXISTS recado_partial_uploads (
    id text PRIMARY KEY,
    operator_id text NOT NULL,
    name text NOT NULL,
    mime text,
    size bigint NOT NULL,
    received bigint NOT NULL DEFAULT 0,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE IF NOT EXISTS recado_upload_pieces (
    upload_id text NOT NULL REFERENCES recado_partial_uploads (id) ON DELETE CASCADE,
    starts bigint NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (upload_id, starts)
);
CREATE TABLE IF NOT EXISTS recado_preferences (
    operator_id text PRIMARY KEY,
    preferences text NOT NULL
);
"""

APPEND: Final = """
CREATE OR REPLACE FUNCTION recado_append(
    streams text[], versions bigint[], topics text[], states bytea[], event_time timestamptz,
    keys text[], key_streams text[], key_numbers bigint[], key_events bigint[], key_prints text[],
    seats text[], loads integer[],
    sent_streams text[], sent_seqs bigint[], sent_accounts text[], sent_events bigint[],
    done_streams text[], done_seqs bigint[],
    files jsonb
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    base bigint;
    running bytea;
BEGIN
    SELECT position, hash INTO base, running FROM recado_head FOR UPDATE;
    FOR i IN 1 .. cardinality(streams) LOOP
        running := sha256(running || sha256(
            convert_to(concat_ws(E'\\x1f', streams[i], versions[i], topics[i], ''), 'UTF8')
            || states[i]));
    END LOOP;
    INSERT INTO recado_events
        (originator_id, originator_version, topic, state, notification_id)
    SELECT stream, version, topic, state, base + n
    FROM unnest(streams, versions, topics, states)
        WITH ORDINALITY AS t(stream, version, topic, state, n);
    UPDATE recado_head SET
        position = base + cardinality(streams),
        hash = running,
        at = greatest(at, event_time);
    IF cardinality(keys) > 0 THEN
        INSERT INTO recado_keys (key, stream, number, position, fingerprint)
        SELECT key, stream, number, base + event, print
        FROM unnest(keys, key_streams, key_numbers, key_events, key_prints)
            AS t(key, stream, number, event, print)
        ON CONFLICT (key) DO UPDATE SET
            stream = excluded.stream, number = excluded.number, position = excluded.position,
            fingerprint = coalesce(excluded.fingerprint, recado_keys.fingerprint);
    END IF;
    IF cardinality(seats) > 0 THEN
        INSERT INTO recado_seats AS s (operator_id, load)
        SELECT * FROM unnest(seats, loads)
        ON CONFLICT (operator_id) DO UPDATE SET load = s.load + excluded.load;
    END IF;
    IF cardinality(done_streams) > 0 THEN
        DELETE FROM recado_outbox o USING unnest(done_streams, done_seqs) AS d(stream, seq)
        WHERE o.stream = d.stream AND o.seq = d.seq;
    END IF;
    IF cardinality(sent_streams) > 0 THEN
        INSERT INTO recado_outbox (stream, seq, account_id, position)
        SELECT stream, seq, account, base + event
        FROM unnest(sent_streams, sent_seqs, sent_accounts, sent_events)
            AS t(stream, seq, account, event)
        ON CONFLICT DO NOTHING;
    END IF;
    IF files IS NOT NULL THEN
        INSERT INTO recado_media (position, part, stream, seq, account_id)
        SELECT base + event, part, stream, seq, account_id
        FROM jsonb_to_recordset(files->'wanted')
            AS t(event bigint, part integer, stream text, seq bigint, account_id text);
        INSERT INTO recado_held_files (chat_id, seq, part, sha256, name)
        SELECT chat_id, seq, part, sha256, name
        FROM jsonb_to_recordset(files->'held')
            AS t(chat_id text, seq bigint, part integer, sha256 text, name text)
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN base + cardinality(streams);
END $$;
"""
