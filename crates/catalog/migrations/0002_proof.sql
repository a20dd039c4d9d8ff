-- What proofs need: hashes of trees above the leaves, the directory log, and what others said about it.

-- Hashes of level 1 and above of every log, the directory's included; a row is one tile of up to 256.
CREATE TABLE tiles (
    log_id BYTEA NOT NULL CHECK (length(log_id) = 16),
    level BIGINT NOT NULL CHECK (level BETWEEN 1 AND 7),
    tile_index BIGINT NOT NULL CHECK (tile_index >= 0),
    hashes BYTEA NOT NULL CHECK (length(hashes) BETWEEN 32 AND 8192),
    PRIMARY KEY (log_id, level, tile_index)
);

-- Events of an organization that stand in logs before its present one.
ALTER TABLE organizations ADD COLUMN log_base BIGINT NOT NULL DEFAULT 0 CHECK (log_base >= 0);

-- Logs that were closed because what was published of them and what is stored no longer agree.
CREATE TABLE closed_logs (
    log_id BYTEA NOT NULL PRIMARY KEY CHECK (length(log_id) = 16),
    org TEXT COLLATE "BINARY" NOT NULL,
    base BIGINT NOT NULL CHECK (base >= 0),
    size BIGINT NOT NULL CHECK (size >= 0),
    edge BYTEA NOT NULL,
    closed_ms BIGINT NOT NULL
);

-- The directory log: one entry says that a log had this size and root.
CREATE TABLE directory_entries (
    entry_index BIGINT NOT NULL PRIMARY KEY CHECK (entry_index >= 0),
    log_id BYTEA NOT NULL CHECK (length(log_id) = 16),
    size BIGINT NOT NULL CHECK (size >= 0),
    root BYTEA NOT NULL CHECK (length(root) = 32),
    time_ms BIGINT NOT NULL
);

CREATE UNIQUE INDEX directory_entries_by_log ON directory_entries (log_id, size);

-- Checkpoints of the directory log, with all signatures that were gathered for each.
CREATE TABLE directory_checkpoints (
    size BIGINT NOT NULL PRIMARY KEY CHECK (size > 0),
    edge BYTEA NOT NULL,
    note TEXT NOT NULL,
    time_ms BIGINT NOT NULL,
    witnessed_ms BIGINT
);

-- Statements of third parties about a checkpoint of the directory.
CREATE TABLE anchors (
    anchor_no BIGINT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('witness', 'rfc3161', 'object-lock')),
    name TEXT NOT NULL,
    size BIGINT NOT NULL,
    time_ms BIGINT NOT NULL,
    receipt BYTEA NOT NULL
);

CREATE INDEX anchors_by_size ON anchors (size);
