"""SQLite: one table with columns, indexes for every search that one helps, and FTS5 without a second copy of the text."""

import os
import sqlite3
import time

import records

SCHEMA = """
CREATE TABLE events (
    id INTEGER PRIMARY KEY, occurred_ms INTEGER, org TEXT, action TEXT, actor_id TEXT, target_id TEXT, outcome TEXT,
    ip TEXT, request_id TEXT, session_id TEXT, duration_ms INTEGER, body TEXT);
CREATE INDEX events_org ON events (org, occurred_ms);
CREATE INDEX events_actor ON events (actor_id, occurred_ms);
CREATE INDEX events_target ON events (target_id);
CREATE INDEX events_request ON events (request_id);
CREATE INDEX events_session ON events (session_id);
CREATE INDEX events_ip ON events (ip);
CREATE VIRTUAL TABLE texts USING fts5(words, content='');
"""
INSERT = "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
NEWEST = " ORDER BY occurred_ms DESC LIMIT 50"
# The same 60 buckets as the service's histogram for thirty days.
BUCKET_MS = 12 * 3600 * 1000
FILTERS = {
    "newest": "org = :org",
    "action": "org = :org AND action = :a",
    "rare_actor": "actor_id = :a",
    "busy_actor": "org = :org AND actor_id = :a",
    "target": "target_id = :a",
    "request": "request_id = :a",
    "session": "session_id = :a",
    "three_words": "id IN (SELECT rowid FROM texts WHERE texts MATCH :words)",
    "denied": "org = :org AND outcome = :a",
    "changed": "org = :org AND instr(body, '\"path\":\"/owner\"') > 0",
    "number": "org = :org AND duration_ms > 4000",
    "network": "ip >= :from_ip AND ip < :to_ip",
    "hour": "org = :org AND occurred_ms BETWEEN :from AND :to",
}


class Engine:
    version = sqlite3.sqlite_version
    settings = ["WAL", "synchronous=FULL", "cache_size 512 MiB", "10,000 events a transaction", "6 indexes and FTS5"]

    def __init__(self, folder):
        self.path = os.path.join(folder, "events.db")
        self.db = sqlite3.connect(self.path, isolation_level=None)
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=FULL")
        self.db.execute(f"PRAGMA cache_size=-{512 * 1024}")
        self.db.executescript(SCHEMA)
        self.next = 1

    def batches(self, path):
        def both(line, event):
            return records.columns(line, event), records.words(event)

        for batch in records.batches(path, both):
            numbered = list(enumerate(batch, self.next))
            self.next += len(batch)
            rows = [(number, *columns) for number, (columns, _) in numbered]
            texts = [(number, words) for number, (_, words) in numbered]
            yield rows, texts

    def insert(self, batch):
        rows, texts = batch
        self.db.execute("BEGIN")
        self.db.executemany(INSERT, rows)
        self.db.executemany("INSERT INTO texts (rowid, words) VALUES (?, ?)", texts)
        self.db.execute("COMMIT")

    def settle(self):
        self.db.execute("INSERT INTO texts (texts) VALUES ('optimize')")
        self.db.execute("ANALYZE")
        self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def cpu_seconds(self):
        return time.process_time()

    def disk_bytes(self):
        return records.file_bytes(self.path, self.path + "-wal")

    def search(self, kind, org, values):
        parameters = {"org": org, "a": values[0] if values else None}
        if kind == "three_words":
            parameters["words"] = " AND ".join(f'"{word}"' for word in values)
        elif kind == "network":
            prefix = records.network_prefix(values[0])
            # The character after the dot: a range that an index on text can serve.
            parameters |= {"from_ip": prefix, "to_ip": prefix[:-1] + "/"}
        elif kind == "hour":
            parameters["from"], parameters["to"] = records.bounds(values)
        sql = f"SELECT occurred_ms, request_id, body FROM events WHERE {FILTERS[kind]}{NEWEST}"
        return [(ms, request) for ms, request, _ in self.db.execute(sql, parameters)]

    def count(self):
        return self.db.execute("SELECT count(*) FROM events WHERE outcome = 'success'").fetchone()[0]

    def by_action(self):
        return dict(self.db.execute("SELECT action, count(*) FROM events GROUP BY action"))

    def overview(self):
        where = "FROM events WHERE outcome = 'success' GROUP BY 1"
        self.count()
        self.db.execute(f"SELECT occurred_ms / {BUCKET_MS}, count(*) {where}").fetchall()
        for field in ("action", "actor_id"):
            self.db.execute(f"SELECT {field}, count(*) {where} ORDER BY 2 DESC LIMIT 10").fetchall()

    def close(self):
        self.db.close()
