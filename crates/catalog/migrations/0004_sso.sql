-- Single sign-on: an organization's connection to an OpenID Connect provider, and whom its people are here.

CREATE TABLE sso_connections (
    org TEXT COLLATE "BINARY" NOT NULL PRIMARY KEY REFERENCES organizations (id),
    id TEXT COLLATE "BINARY" NOT NULL UNIQUE,
    issuer TEXT COLLATE "BINARY" NOT NULL,
    client_id TEXT NOT NULL,
    -- Sealed with the instance's key; empty: a client without a secret.
    client_secret BYTEA NOT NULL,
    scopes TEXT NOT NULL,
    groups_claim TEXT NOT NULL,
    default_role TEXT COLLATE "BINARY",
    enforced BIGINT NOT NULL CHECK (enforced IN (0, 1)),
    -- Grows with every change of the above but enforced. A test is good for the revision that it was made with.
    revision BIGINT NOT NULL,
    tested_revision BIGINT,
    tested_ms BIGINT,
    tested_by TEXT,
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL
);

-- Domains of e-mail addresses that the provider may speak for.
CREATE TABLE sso_domains (
    org TEXT COLLATE "BINARY" NOT NULL REFERENCES organizations (id),
    domain TEXT COLLATE "BINARY" NOT NULL,
    PRIMARY KEY (org, domain)
);

CREATE INDEX sso_domains_by_domain ON sso_domains (domain, org);

-- What a group of the provider makes of its people. The first that fits counts.
CREATE TABLE sso_group_roles (
    org TEXT COLLATE "BINARY" NOT NULL REFERENCES organizations (id),
    place BIGINT NOT NULL,
    group_name TEXT NOT NULL,
    role TEXT COLLATE "BINARY" NOT NULL,
    PRIMARY KEY (org, place)
);

-- Owners who keep their password when single sign-on is enforced.
CREATE TABLE sso_break_glass (
    org TEXT COLLATE "BINARY" NOT NULL REFERENCES organizations (id),
    user_id TEXT COLLATE "BINARY" NOT NULL REFERENCES users (id),
    PRIMARY KEY (org, user_id)
);

-- Whose account a person of a provider has.
CREATE TABLE sso_identities (
    issuer TEXT COLLATE "BINARY" NOT NULL,
    subject TEXT COLLATE "BINARY" NOT NULL,
    -- Subjects can be another for each client.
    client_id TEXT NOT NULL,
    user_id TEXT COLLATE "BINARY" NOT NULL REFERENCES users (id),
    created_ms BIGINT NOT NULL,
    last_ms BIGINT NOT NULL,
    PRIMARY KEY (issuer, subject)
);

CREATE INDEX sso_identities_by_user ON sso_identities (user_id, issuer);

-- States of sign-ins that came back once, until they are too old to come back again.
CREATE TABLE sso_used_states (
    state_sha256 BYTEA NOT NULL PRIMARY KEY CHECK (length(state_sha256) = 32),
    expires_ms BIGINT NOT NULL
);

-- The organization through whose provider a session was opened, and to which it is confined.
ALTER TABLE sessions ADD COLUMN sso_org TEXT COLLATE "BINARY";

CREATE INDEX sessions_by_sso_org ON sessions (sso_org);
