-- What helps people to find and to hand over: searches that are kept, short addresses, links to one event for others.

CREATE TABLE saved_searches (
    id TEXT COLLATE "BINARY" NOT NULL PRIMARY KEY,
    org TEXT COLLATE "BINARY" NOT NULL REFERENCES organizations (id),
    owner TEXT COLLATE "BINARY" NOT NULL,
    owner_name TEXT NOT NULL,
    name TEXT NOT NULL,
    name_folded TEXT COLLATE "BINARY" NOT NULL,
    query TEXT NOT NULL,
    view TEXT NOT NULL,
    is_shared BIGINT NOT NULL CHECK (is_shared IN (0, 1)),
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL,
    UNIQUE (org, owner, name_folded)
);

CREATE TABLE short_links (
    id TEXT COLLATE "BINARY" NOT NULL PRIMARY KEY,
    org TEXT COLLATE "BINARY" NOT NULL REFERENCES organizations (id),
    path TEXT NOT NULL,
    path_sha256 BYTEA NOT NULL CHECK (length(path_sha256) = 32),
    created_ms BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    UNIQUE (org, path_sha256)
);

CREATE TABLE event_shares (
    id TEXT COLLATE "BINARY" NOT NULL PRIMARY KEY,
    org TEXT COLLATE "BINARY" NOT NULL REFERENCES organizations (id),
    event_id BYTEA NOT NULL CHECK (length(event_id) = 16),
    token_sha256 BYTEA NOT NULL UNIQUE CHECK (length(token_sha256) = 32),
    note TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    created_by_name TEXT NOT NULL,
    expires_ms BIGINT NOT NULL,
    revoked_ms BIGINT,
    opened_ms BIGINT
);

CREATE INDEX event_shares_by_org ON event_shares (org, expires_ms);
