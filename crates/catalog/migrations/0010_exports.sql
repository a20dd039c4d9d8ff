-- Exports: files of events that are made in the background and kept for a while.

CREATE TABLE exports (
    id TEXT COLLATE "BINARY" NOT NULL PRIMARY KEY,
    org TEXT COLLATE "BINARY" NOT NULL REFERENCES organizations (id),
    name TEXT NOT NULL,
    query TEXT NOT NULL,
    format TEXT NOT NULL,
    spec TEXT NOT NULL,
    end_seq BIGINT NOT NULL CHECK (end_seq >= 0),
    created_ms BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    created_by_name TEXT NOT NULL,
    state TEXT COLLATE "BINARY" NOT NULL
        CHECK (state IN ('queued', 'running', 'completed', 'failed', 'cancelled', 'expired')),
    attempt BIGINT NOT NULL CHECK (attempt >= 1),
    expected_rows BIGINT,
    row_count BIGINT NOT NULL CHECK (row_count >= 0),
    byte_count BIGINT NOT NULL CHECK (byte_count >= 0),
    resume_at TEXT,
    sha256 TEXT,
    error_code TEXT,
    error TEXT,
    queued_ms BIGINT NOT NULL,
    started_ms BIGINT,
    finished_ms BIGINT,
    keep_ms BIGINT NOT NULL CHECK (keep_ms > 0),
    expires_ms BIGINT
);

CREATE INDEX exports_by_org ON exports (org, created_ms, id);
CREATE INDEX exports_by_state ON exports (state, queued_ms);
