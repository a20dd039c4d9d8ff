-- What shows a part of one organization's log inside another product's pages, for a few minutes.
CREATE TABLE viewer_tokens (
    id TEXT COLLATE "BINARY" NOT NULL PRIMARY KEY,
    org TEXT COLLATE "BINARY" NOT NULL REFERENCES organizations (id),
    token_sha256 BYTEA NOT NULL UNIQUE CHECK (length(token_sha256) = 32),
    actor_id TEXT NOT NULL,
    actor_name TEXT,
    filter TEXT NOT NULL,
    features TEXT NOT NULL,
    origins TEXT NOT NULL,
    record_views BIGINT NOT NULL CHECK (record_views IN (0, 1)),
    created_ms BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    expires_ms BIGINT NOT NULL,
    revoked_ms BIGINT
);

CREATE INDEX viewer_tokens_by_org ON viewer_tokens (org, expires_ms);
CREATE INDEX viewer_tokens_by_end ON viewer_tokens (expires_ms);
