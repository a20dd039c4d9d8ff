-- People: who has an account, in which organizations and as what, and what they sign in with.

CREATE TABLE users (
    id TEXT COLLATE "BINARY" NOT NULL PRIMARY KEY,
    email TEXT NOT NULL,
    email_folded TEXT COLLATE "BINARY" NOT NULL UNIQUE,
    name TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    is_operator BIGINT NOT NULL CHECK (is_operator IN (0, 1)),
    password_hash TEXT,
    created_ms BIGINT NOT NULL,
    last_active_ms BIGINT
);

-- Custom roles. The built-in ones are in the program and have names that no id has.
CREATE TABLE roles (
    id TEXT COLLATE "BINARY" NOT NULL PRIMARY KEY,
    org TEXT COLLATE "BINARY" NOT NULL REFERENCES organizations (id),
    name TEXT NOT NULL,
    name_folded TEXT COLLATE "BINARY" NOT NULL,
    permissions TEXT NOT NULL,
    filter TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL,
    UNIQUE (org, name_folded)
);

CREATE TABLE memberships (
    user_id TEXT COLLATE "BINARY" NOT NULL REFERENCES users (id),
    org TEXT COLLATE "BINARY" NOT NULL REFERENCES organizations (id),
    role TEXT COLLATE "BINARY" NOT NULL,
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (user_id, org)
);

CREATE INDEX memberships_by_org ON memberships (org, user_id);

CREATE TABLE sessions (
    id TEXT COLLATE "BINARY" NOT NULL PRIMARY KEY,
    user_id TEXT COLLATE "BINARY" NOT NULL REFERENCES users (id),
    token_sha256 BYTEA NOT NULL UNIQUE CHECK (length(token_sha256) = 32),
    network TEXT NOT NULL,
    ip TEXT,
    user_agent TEXT,
    created_ms BIGINT NOT NULL,
    seen_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    revoked_ms BIGINT
);

CREATE INDEX sessions_by_user ON sessions (user_id, created_ms);

-- Links that work once: to set the instance up, to accept an invitation, to choose a new password.
CREATE TABLE links (
    id TEXT COLLATE "BINARY" NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('setup', 'invite', 'reset')),
    token_sha256 BYTEA NOT NULL UNIQUE CHECK (length(token_sha256) = 32),
    user_id TEXT COLLATE "BINARY" REFERENCES users (id),
    email TEXT,
    org TEXT COLLATE "BINARY" REFERENCES organizations (id),
    role TEXT COLLATE "BINARY",
    created_ms BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    expires_ms BIGINT NOT NULL,
    used_ms BIGINT,
    revoked_ms BIGINT
);

CREATE INDEX links_by_org ON links (org, id);

-- The secret of a person's authenticator, sealed with the instance's key.
CREATE TABLE totp_factors (
    user_id TEXT COLLATE "BINARY" NOT NULL PRIMARY KEY REFERENCES users (id),
    sealed BYTEA NOT NULL,
    created_ms BIGINT NOT NULL,
    confirmed_ms BIGINT,
    last_step BIGINT NOT NULL
);

CREATE TABLE recovery_codes (
    user_id TEXT COLLATE "BINARY" NOT NULL REFERENCES users (id),
    code_sha256 BYTEA NOT NULL CHECK (length(code_sha256) = 32),
    used_ms BIGINT,
    PRIMARY KEY (user_id, code_sha256)
);
