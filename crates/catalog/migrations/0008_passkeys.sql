-- Passkeys: credentials by which people sign in without a password.

CREATE TABLE passkeys (
    id TEXT COLLATE "BINARY" NOT NULL PRIMARY KEY,
    user_id TEXT COLLATE "BINARY" NOT NULL REFERENCES users (id),
    credential_id BYTEA NOT NULL UNIQUE,
    name TEXT NOT NULL,
    credential TEXT NOT NULL,
    sign_count BIGINT NOT NULL CHECK (sign_count >= 0),
    is_synced BIGINT NOT NULL CHECK (is_synced IN (0, 1)),
    created_ms BIGINT NOT NULL,
    used_ms BIGINT
);

CREATE INDEX passkeys_by_user ON passkeys (user_id, created_ms);

-- Challenges that were answered: none is answered twice.
CREATE TABLE spent_challenges (
    challenge_sha256 BYTEA NOT NULL PRIMARY KEY CHECK (length(challenge_sha256) = 32),
    forget_ms BIGINT NOT NULL
);

CREATE INDEX spent_challenges_by_age ON spent_challenges (forget_ms);
