-- Streams: events that are sent on to other systems as they arrive, and how far each log is there.

CREATE TABLE streams (
    id TEXT COLLATE "BINARY" NOT NULL PRIMARY KEY,
    org TEXT COLLATE "BINARY" REFERENCES organizations (id),
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    format TEXT NOT NULL,
    query TEXT NOT NULL,
    mask TEXT NOT NULL,
    settings_sealed BYTEA NOT NULL,
    settings_shown TEXT NOT NULL,
    start TEXT NOT NULL,
    state TEXT COLLATE "BINARY" NOT NULL
        CHECK (state IN ('active', 'error', 'invalid', 'inactive', 'paused')),
    version BIGINT NOT NULL CHECK (version >= 1),
    generation BIGINT NOT NULL CHECK (generation >= 1),
    created_ms BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    created_by_name TEXT NOT NULL,
    updated_ms BIGINT NOT NULL,
    last_ok_ms BIGINT,
    error_code TEXT,
    error_status BIGINT,
    error_detail TEXT,
    error_ms BIGINT,
    failures BIGINT NOT NULL CHECK (failures >= 0),
    next_attempt_ms BIGINT,
    delivered BIGINT NOT NULL CHECK (delivered >= 0),
    rejected BIGINT NOT NULL CHECK (rejected >= 0),
    dead_letters BIGINT NOT NULL CHECK (dead_letters >= 0),
    attempts BIGINT NOT NULL CHECK (attempts >= 0)
);

CREATE INDEX streams_by_org ON streams (org, created_ms, id);

CREATE TABLE stream_cursors (
    stream TEXT COLLATE "BINARY" NOT NULL REFERENCES streams (id),
    org TEXT COLLATE "BINARY" NOT NULL REFERENCES organizations (id),
    next_seq BIGINT NOT NULL CHECK (next_seq >= 0),
    in_flight_last BIGINT CHECK (in_flight_last >= next_seq),
    PRIMARY KEY (stream, org)
);

CREATE INDEX stream_cursors_by_org ON stream_cursors (org);

CREATE TABLE stream_attempts (
    stream TEXT COLLATE "BINARY" NOT NULL REFERENCES streams (id),
    attempt_no BIGINT NOT NULL,
    batch_id TEXT NOT NULL,
    org TEXT COLLATE "BINARY" NOT NULL,
    first_seq BIGINT NOT NULL,
    last_seq BIGINT NOT NULL,
    event_count BIGINT NOT NULL,
    byte_count BIGINT NOT NULL,
    started_ms BIGINT NOT NULL,
    took_ms BIGINT NOT NULL,
    status BIGINT,
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (stream, attempt_no)
);

CREATE TABLE stream_dead_letters (
    id TEXT COLLATE "BINARY" NOT NULL PRIMARY KEY,
    stream TEXT COLLATE "BINARY" NOT NULL REFERENCES streams (id),
    org TEXT COLLATE "BINARY" NOT NULL,
    seq BIGINT NOT NULL CHECK (seq >= 0),
    event_id TEXT NOT NULL,
    reason TEXT NOT NULL,
    status BIGINT,
    excerpt TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    replay_ms BIGINT,
    replayed_ms BIGINT,
    UNIQUE (stream, org, seq)
);

CREATE INDEX stream_dead_letters_by_time ON stream_dead_letters (stream, at_ms, id);
CREATE INDEX stream_dead_letters_by_replay ON stream_dead_letters (stream, replay_ms, org, seq);

CREATE TABLE stream_gaps (
    stream TEXT COLLATE "BINARY" NOT NULL REFERENCES streams (id),
    gap_no BIGINT NOT NULL,
    org TEXT COLLATE "BINARY" NOT NULL,
    first_seq BIGINT NOT NULL CHECK (first_seq >= 0),
    last_seq BIGINT NOT NULL CHECK (last_seq >= first_seq),
    reason TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (stream, gap_no)
);

-- With what the values of an organization's events are hashed on their way out.
CREATE TABLE stream_mask_keys (
    org TEXT COLLATE "BINARY" NOT NULL PRIMARY KEY REFERENCES organizations (id),
    key_sealed BYTEA NOT NULL
);
