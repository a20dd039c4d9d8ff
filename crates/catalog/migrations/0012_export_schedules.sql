-- Schedules of exports, and what became of each time that one was due.

CREATE TABLE export_schedules (
    id TEXT COLLATE "BINARY" NOT NULL PRIMARY KEY,
    org TEXT COLLATE "BINARY" NOT NULL REFERENCES organizations (id),
    name TEXT NOT NULL,
    query TEXT NOT NULL,
    format TEXT NOT NULL,
    spec TEXT NOT NULL,
    keep_ms BIGINT NOT NULL CHECK (keep_ms > 0),
    timing TEXT NOT NULL,
    covers TEXT COLLATE "BINARY" NOT NULL CHECK (covers IN ('received', 'occurred')),
    targets TEXT NOT NULL,
    store_sealed BYTEA NOT NULL,
    state TEXT COLLATE "BINARY" NOT NULL CHECK (state IN ('active', 'paused')),
    version BIGINT NOT NULL CHECK (version >= 1),
    created_ms BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    created_by_name TEXT NOT NULL,
    updated_ms BIGINT NOT NULL,
    owner TEXT NOT NULL,
    owner_name TEXT NOT NULL,
    owner_by_sso BIGINT NOT NULL CHECK (owner_by_sso IN (0, 1)),
    covered_ms BIGINT NOT NULL,
    covered_seq BIGINT CHECK (covered_seq >= 0),
    due_ms BIGINT,
    asked_ms BIGINT,
    runs BIGINT NOT NULL CHECK (runs >= 0),
    error_code TEXT,
    error TEXT,
    error_ms BIGINT
);

CREATE INDEX export_schedules_by_org ON export_schedules (org, created_ms, id);
CREATE INDEX export_schedules_by_due ON export_schedules (due_ms);
CREATE INDEX export_schedules_asked ON export_schedules (asked_ms) WHERE asked_ms IS NOT NULL;

CREATE TABLE export_schedule_runs (
    schedule TEXT COLLATE "BINARY" NOT NULL REFERENCES export_schedules (id),
    run_no BIGINT NOT NULL CHECK (run_no >= 1),
    export TEXT COLLATE "BINARY" NOT NULL,
    why TEXT COLLATE "BINARY" NOT NULL CHECK (why IN ('due', 'late', 'asked')),
    due_ms BIGINT NOT NULL,
    from_ms BIGINT NOT NULL,
    first_seq BIGINT CHECK (first_seq >= 0),
    end_seq BIGINT NOT NULL CHECK (end_seq >= 0),
    state TEXT COLLATE "BINARY" NOT NULL CHECK (state IN ('exporting', 'delivering', 'done', 'failed')),
    started_ms BIGINT NOT NULL,
    finished_ms BIGINT,
    error_code TEXT,
    error TEXT,
    deliveries TEXT NOT NULL,
    PRIMARY KEY (schedule, run_no)
);

CREATE INDEX export_schedule_runs_by_state ON export_schedule_runs (state);
