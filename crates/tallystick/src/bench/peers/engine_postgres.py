"""PostgreSQL: the document as jsonb, columns and indexes for what is searched, COPY into a cluster of its own."""

import glob
import os
import pwd
import socket
import subprocess
import time

import psycopg

import records

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
WORDS = " || ' ' || ".join([
    "(body->'metadata'->>'note')",
    "coalesce(body->>'reason', '')",
    "(body->'targets'->0->>'name')",
    "(body->'actor'->>'name')",
    "(body->>'action')",
])
SCHEMA = f"""
CREATE TABLE events (
    occurred_ms bigint NOT NULL, org text NOT NULL, action text NOT NULL, actor_id text NOT NULL,
    target_id text NOT NULL, outcome text NOT NULL, ip inet NOT NULL, request_id text NOT NULL,
    session_id text NOT NULL, duration_ms integer NOT NULL, body jsonb NOT NULL);
CREATE INDEX ON events (org, occurred_ms);
CREATE INDEX ON events (actor_id, occurred_ms);
CREATE INDEX ON events (target_id);
CREATE INDEX ON events (request_id);
CREATE INDEX ON events (session_id);
CREATE INDEX ON events (ip);
CREATE INDEX events_words ON events USING gin (to_tsvector('simple', {WORDS}));
"""
NEWEST = " ORDER BY occurred_ms DESC LIMIT 50"
# The same 60 buckets as the service's histogram for thirty days.
BUCKET_MS = 12 * 3600 * 1000
FILTERS = {
    "newest": "org = %(org)s",
    "action": "org = %(org)s AND action = %(a)s",
    "rare_actor": "actor_id = %(a)s",
    "busy_actor": "org = %(org)s AND actor_id = %(a)s",
    "target": "target_id = %(a)s",
    "request": "request_id = %(a)s",
    "session": "session_id = %(a)s",
    "three_words": f"to_tsvector('simple', {WORDS}) @@ plainto_tsquery('simple', %(words)s)",
    "denied": "org = %(org)s AND outcome = %(a)s",
    "changed": """org = %(org)s AND body->'changes' @> '[{"path": "/owner"}]'""",
    "number": "org = %(org)s AND duration_ms > 4000",
    "network": "ip << %(a)s::inet",
    "hour": "org = %(org)s AND occurred_ms BETWEEN %(from)s AND %(to)s",
}
CONFIGURATION = {
    "shared_buffers": "2GB",
    "effective_cache_size": "8GB",
    "work_mem": "64MB",
    "maintenance_work_mem": "512MB",
    "max_wal_size": "8GB",
    "jit": "off",
}


def binaries():
    """The programs of the newest installed version."""
    found = glob.glob("/usr/lib/postgresql/*/bin/initdb")
    assert found, "PostgreSQL is not installed; `cargo xtask bench-setup` does that"
    return os.path.dirname(max(found, key=lambda path: int(path.split("/")[4])))


def server_user():
    """PostgreSQL refuses to run as root; its package makes a user for it."""
    if os.getuid() != 0:
        return {}
    user = pwd.getpwnam("postgres")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


class Engine:
    settings = [f"{name} {value}" for name, value in CONFIGURATION.items()]
    settings += ["default durability", "10,000 events a COPY", "jsonb, 6 indexes and GIN full text"]

    def __init__(self, folder):
        self.data = os.path.join(folder, "data")
        user = server_user()
        if user:
            os.chown(folder, user["user"], user["group"])
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
        where = {"cwd": folder, **user, **silent}
        programs = binaries()
        initdb = [f"{programs}/initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-D", self.data]
        subprocess.run(initdb, check=True, **where)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        options = CONFIGURATION | {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": folder}
        arguments = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        self.server = subprocess.Popen([f"{programs}/postgres", "-D", self.data, *arguments], **where)
        self.db = self.connect(f"postgresql://postgres@127.0.0.1:{port}/postgres")
        self.version = self.db.execute("SHOW server_version").fetchone()[0].split()[0]
        self.db.execute(SCHEMA)

    def connect(self, url):
        deadline = time.monotonic() + 60
        while True:
            try:
                return psycopg.connect(url, autocommit=True)
            except psycopg.OperationalError:
                if self.server.poll() is not None or time.monotonic() > deadline:
                    self.close()
                    raise
                time.sleep(0.05)

    def batches(self, path):
        def line_of(line, event):
            values = (str(value) for value in records.columns(line, event))
            escaped = (value.replace("\\", "\\\\").replace("\t", "\\t") for value in values)
            return "\t".join(escaped) + "\n"

        for batch in records.batches(path, line_of):
            yield "".join(batch).encode()

    def insert(self, batch):
        with self.db.cursor().copy("COPY events FROM STDIN") as copy:
            copy.write(batch)

    def settle(self):
        self.db.execute("VACUUM ANALYZE events")
        self.db.execute("CHECKPOINT")

    def cpu_seconds(self):
        """Of the server's processes: those that have ended, and those that run."""
        parent = self.server.pid
        ticks = 0
        for path in glob.glob("/proc/[0-9]*/stat"):
            try:
                with open(path, encoding="utf-8", errors="replace") as file:
                    fields = file.read().rsplit(") ", 1)[1].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if path == f"/proc/{parent}/stat":
                ticks += sum(int(field) for field in fields[11:15])
            elif int(fields[1]) == parent:
                ticks += int(fields[11]) + int(fields[12])
        return ticks / TICKS_A_SECOND

    def disk_bytes(self):
        return self.db.execute("SELECT pg_total_relation_size('events')").fetchone()[0]

    def search(self, kind, org, values):
        parameters = {"org": org, "a": values[0] if values else None, "words": " ".join(values)}
        if kind == "hour":
            parameters["from"], parameters["to"] = records.bounds(values)
        sql = f"SELECT occurred_ms, request_id, body::text FROM events WHERE {FILTERS[kind]}{NEWEST}"
        return [(ms, request) for ms, request, _ in self.db.execute(sql, parameters).fetchall()]

    def count(self):
        return self.db.execute("SELECT count(*) FROM events WHERE outcome = 'success'").fetchone()[0]

    def by_action(self):
        return dict(self.db.execute("SELECT action, count(*) FROM events GROUP BY action").fetchall())

    def overview(self):
        where = "FROM events WHERE outcome = 'success' GROUP BY 1"
        self.count()
        self.db.execute(f"SELECT occurred_ms / {BUCKET_MS}, count(*) {where}").fetchall()
        for field in ("action", "actor_id"):
            self.db.execute(f"SELECT {field}, count(*) {where} ORDER BY 2 DESC LIMIT 10").fetchall()

    def close(self):
        if hasattr(self, "db"):
            self.db.close()
        self.server.terminate()
        try:
            self.server.wait(60)
        except subprocess.TimeoutExpired:
            self.server.kill()
            self.server.wait()
