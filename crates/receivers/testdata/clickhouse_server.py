"""The HTTP interface of ClickHouse over the real engine, which the package chdb has in it.

It executes what arrives and answers as the server does: settings are parameters of the URL, errors have a header with
their code and the status that the server gives the code. There is one user, who may do everything.

    python clickhouse_server.py PORT FOLDER USER PASSWORD
"""

import gzip
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from chdb import session

PORT, FOLDER, USER, PASSWORD = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]

# Parameters that are no settings (HTTPHandler.cpp).
RESERVED = {"query", "wait_end_of_query", "database", "query_id", "compress", "decompress", "buffer_size"}

# exceptionCodeToHTTPStatus.cpp; everything else is 500.
STATUS = {194: 401, 192: 403, 193: 403, 497: 403, 516: 403, 229: 413, 48: 501, 209: 503, 439: 503, 159: 408}
STATUS.update(dict.fromkeys([6, 8, 15, 25, 26, 27, 36, 37, 38, 41, 44, 53, 62, 72, 117, 321, 376, 441, 675, 676], 400))
STATUS.update(dict.fromkeys([46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 336], 404))

ENGINE = session.Session(FOLDER)
ONE_AT_A_TIME = threading.Lock()


class Failure(Exception):
    def __init__(self, text):
        super().__init__(text)
        self.code = int(re.search(r"Code: (\d+)", text).group(1))


def execute(query, settings, data):
    """Settings stand where they hold for this one statement."""
    clause = ", ".join(f"{name} = {quoted(value)}" for name, value in settings)
    if clause and re.match(r"\s*INSERT\b", query, re.IGNORECASE):
        query = re.sub(r"\s+FORMAT\s+(\w+)\s*$", lambda m: f" SETTINGS {clause} FORMAT {m.group(1)}", query)
    with ONE_AT_A_TIME:
        try:
            return ENGINE.query(f"{query}\n{data}" if data else query, "TabSeparated").bytes()
        except Exception as error:
            raise Failure(str(error)) from error


def quoted(text):
    return text if re.fullmatch(r"\d+", text) else "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        parameters = parse_qsl(urlsplit(self.path).query, keep_blank_values=True)
        query = "".join(value for name, value in parameters if name == "query")
        data = body.decode()
        if not query:
            query, data = data, ""
        try:
            self.authenticate()
            self.answer(200, execute(query, [p for p in parameters if p[0] not in RESERVED], data))
        except Failure as failure:
            text = f"{failure} (version 26.9.2.1)\n".encode()
            self.answer(STATUS.get(failure.code, 500), text, failure.code)

    def authenticate(self):
        given = (self.headers.get("X-ClickHouse-User", "default"), self.headers.get("X-ClickHouse-Key", ""))
        if given != (USER, PASSWORD):
            raise Failure(
                f"Code: 516. DB::Exception: {given[0]}: Authentication failed: password is incorrect, or there is "
                "no user with such name. (AUTHENTICATION_FAILED)"
            )

    def answer(self, status, body, code=None):
        self.send_response(status)
        if code is not None:
            self.send_header("X-ClickHouse-Exception-Code", str(code))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
