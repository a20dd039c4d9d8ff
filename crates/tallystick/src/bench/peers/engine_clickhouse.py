"""ClickHouse, inside this process (chdb): typed columns for every field, sorted by organization and time, skip indexes
for ids, words and addresses. It reads the JSON itself."""

import json
import time

import chdb
from chdb import session

import records

INPUT = (
    "org String, action String, occurred_at DateTime64(3, \\'UTC\\'), outcome String, reason String, changes String, "
    "actor Tuple(type String, id String, name String, email String, metadata Tuple(role String)), "
    "targets Array(Tuple(type String, id String, name String)), "
    "context Tuple(ip String, country String, user_agent String, origin String, request_id String, session_id String), "
    "metadata Tuple(note String, region String, duration_ms UInt32, request Tuple(bytes UInt32, service String))"
)
COLUMNS = """
    org LowCardinality(String), action LowCardinality(String), occurred_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
    outcome LowCardinality(String), reason String CODEC(ZSTD), changes String CODEC(ZSTD),
    actor_type LowCardinality(String), actor_id String CODEC(ZSTD), actor_name LowCardinality(String),
    actor_email String CODEC(ZSTD), actor_role LowCardinality(String), target_type LowCardinality(String),
    target_id String CODEC(ZSTD), target_name String CODEC(ZSTD), ip String CODEC(ZSTD),
    country LowCardinality(String), user_agent LowCardinality(String), origin LowCardinality(String),
    request_id String CODEC(ZSTD), session_id String CODEC(ZSTD), note String CODEC(ZSTD),
    region LowCardinality(String), duration_ms UInt32, request_bytes UInt32, service LowCardinality(String),
    INDEX by_actor actor_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_target target_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_request request_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX by_session session_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX by_ip ip TYPE ngrambf_v1(6, 16384, 3, 0) GRANULARITY 1,
    INDEX by_word concat(note, ' ', reason, ' ', target_name, ' ', lower(actor_name), ' ', action)
        TYPE text(tokenizer = splitByNonAlpha)
"""
SELECT = """
SELECT org, action, occurred_at, outcome, reason, changes, actor.1, actor.2, actor.3, actor.4, actor.5.1,
    targets[1].1, targets[1].2, targets[1].3, context.1, context.2, context.3, context.4, context.5, context.6,
    metadata.1, metadata.2, metadata.3, metadata.4.1, metadata.4.2
"""
READING = (
    "input_format_json_read_arrays_as_strings=1, input_format_json_read_objects_as_strings=1, "
    "date_time_input_format='best_effort'"
)
NEWEST = " ORDER BY occurred_at DESC LIMIT 50"
WORDS = "concat(note, ' ', reason, ' ', target_name, ' ', lower(actor_name), ' ', action)"
FILTERS = {
    "newest": "org = '{org}'",
    "action": "org = '{org}' AND action = '{0}'",
    "rare_actor": "actor_id = '{0}'",
    "busy_actor": "org = '{org}' AND actor_id = '{0}'",
    "target": "target_id = '{0}'",
    "request": "request_id = '{0}'",
    "session": "session_id = '{0}'",
    "three_words": f"hasToken({WORDS}, '{{0}}') AND hasToken({WORDS}, '{{1}}') AND hasToken({WORDS}, '{{2}}')",
    "denied": "org = '{org}' AND outcome = '{0}'",
    "changed": "org = '{org}' AND position(changes, '\"/owner\"') > 0",
    "number": "org = '{org}' AND duration_ms > 4000",
    "network": "startsWith(ip, '{0}')",
    "hour": "org = '{org}' AND occurred_at BETWEEN parseDateTime64BestEffort('{0}', 3, 'UTC') "
    "AND parseDateTime64BestEffort('{1}', 3, 'UTC')",
}


class Engine:
    version = chdb.engine_version
    settings = ["MergeTree by (org, occurred_at)", "typed columns, no document", "5 bloom-filter indexes and a text index",
                "100,000 events an insert", "no fsync (default)"]

    def __init__(self, folder):
        self.session = session.Session(f"{folder}/clickhouse")
        self.run("CREATE DATABASE bench")
        self.run(f"CREATE TABLE bench.events ({COLUMNS}) ENGINE = MergeTree ORDER BY (org, occurred_at)"
                 # Several separators in one expression are not a mistake.
                 " SETTINGS allow_suspicious_indices = 1")

    def run(self, sql):
        return self.session.query(sql, "JSONCompactEachRow").bytes() or b""

    def rows(self, sql):
        return [json.loads(line) for line in self.run(sql).splitlines()]

    def batches(self, path):
        yield path

    def insert(self, path):
        self.run(f"INSERT INTO bench.events {SELECT} FROM file('{path}', 'JSONEachRow', '{INPUT}') SETTINGS {READING}")

    def settle(self):
        self.run("OPTIMIZE TABLE bench.events FINAL")

    def cpu_seconds(self):
        return time.process_time()

    def disk_bytes(self):
        sql = "SELECT sum(bytes_on_disk) FROM system.parts WHERE database = 'bench' AND active"
        return int(self.rows(sql)[0][0])

    def search(self, kind, org, values):
        if kind == "network":
            values = [records.network_prefix(values[0])]
        where = FILTERS[kind].format(*values, org=org)
        sql = f"SELECT toUnixTimestamp64Milli(occurred_at), request_id, * FROM bench.events WHERE {where}{NEWEST}"
        return [(int(row[0]), row[1]) for row in self.rows(sql)]

    def count(self):
        return int(self.rows("SELECT count() FROM bench.events WHERE outcome = 'success'")[0][0])

    def by_action(self):
        rows = self.rows("SELECT action, count() FROM bench.events GROUP BY action")
        return {action: int(count) for action, count in rows}

    def overview(self):
        where = "FROM bench.events WHERE outcome = 'success' GROUP BY 1"
        self.count()
        self.rows(f"SELECT toStartOfInterval(occurred_at, INTERVAL 12 HOUR), count() {where}")
        for field in ("action", "actor_id"):
            self.rows(f"SELECT {field}, count() {where} ORDER BY 2 DESC LIMIT 10")

    def close(self):
        self.session.close()
