-- One file for SQLite and PostgreSQL. What each line relies on is in docs/formats/catalog.md:
-- BIGINT and BYTEA are storage names both accept, and the collation "BINARY" is made by the catalog
-- in PostgreSQL before this runs, so that ids sort by their bytes in both.

CREATE TABLE settings (
    name TEXT COLLATE "BINARY" NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE counters (
    name TEXT COLLATE "BINARY" NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL CHECK (value >= 0)
);

INSERT INTO counters (name, value) VALUES ('sealed_position', 0), ('key_changes', 0);

CREATE TABLE organizations (
    id TEXT COLLATE "BINARY" NOT NULL PRIMARY KEY,
    id_folded TEXT COLLATE "BINARY" NOT NULL UNIQUE,
    name TEXT NOT NULL,
    log_id BYTEA NOT NULL UNIQUE CHECK (length(log_id) = 16),
    state TEXT NOT NULL CHECK (state IN ('active', 'archived')),
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL
);

CREATE TABLE log_heads (
    org TEXT COLLATE "BINARY" NOT NULL PRIMARY KEY REFERENCES organizations (id),
    size BIGINT NOT NULL CHECK (size > 0),
    root BYTEA NOT NULL CHECK (length(root) = 32),
    edge BYTEA NOT NULL,
    last_received_ms BIGINT NOT NULL
);

CREATE TABLE segments (
    id TEXT COLLATE "BINARY" NOT NULL PRIMARY KEY,
    level BIGINT NOT NULL CHECK (level BETWEEN 0 AND 255),
    first_position BIGINT NOT NULL CHECK (first_position >= 0),
    end_position BIGINT NOT NULL,
    row_count BIGINT NOT NULL CHECK (row_count >= 0),
    byte_count BIGINT NOT NULL CHECK (byte_count >= 0),
    min_occurred_us BIGINT NOT NULL,
    max_occurred_us BIGINT NOT NULL,
    min_received_ms BIGINT NOT NULL,
    max_received_ms BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    garbage_ms BIGINT,
    CHECK (end_position > first_position),
    CHECK (row_count <= end_position - first_position),
    CHECK (max_occurred_us >= min_occurred_us),
    CHECK (max_received_ms >= min_received_ms)
);

-- Two live segments never start at the same position.
CREATE UNIQUE INDEX live_segments ON segments (first_position) WHERE garbage_ms IS NULL;

CREATE TABLE api_keys (
    id TEXT COLLATE "BINARY" NOT NULL PRIMARY KEY,
    org TEXT COLLATE "BINARY",
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    token_sha256 BYTEA NOT NULL UNIQUE CHECK (length(token_sha256) = 32),
    token_prefix TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    last_used_ms BIGINT,
    expires_ms BIGINT,
    revoked_ms BIGINT,
    change_no BIGINT NOT NULL UNIQUE
);

CREATE INDEX api_keys_by_org ON api_keys (org, id);
