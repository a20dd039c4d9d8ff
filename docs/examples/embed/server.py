#!/usr/bin/env python3
"""A product that shows its users their audit log: two pages and a backend that makes viewer tokens.

Python's standard library only. What a real product does differently: it knows who is signed in, and which
organization they belong to. Everything else is as it would be.
"""

import argparse
import json
import os
import sys
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Only our own files, and the viewer's modules and answers from the audit log. Nothing inline.
POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'self'; "
    "script-src 'self' {audit}; connect-src 'self' {audit}; frame-src {audit}; "
    "require-trusted-types-for 'script'"
)
PAGES = {
    "/": ("element.html", "text/html; charset=utf-8"),
    "/frame": ("frame.html", "text/html; charset=utf-8"),
    "/element.js": ("element.js", "text/javascript; charset=utf-8"),
    "/frame.js": ("frame.js", "text/javascript; charset=utf-8"),
    "/style.css": ("style.css", "text/css; charset=utf-8"),
}


def signed_in_user():
    """Who looks. A real product takes this from its own session, never from the request's parameters."""
    return {"id": "u_ana", "name": "Ana Ruiz"}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        path = self.path.split("?")[0]
        if path == "/audit-token":
            return self.token()
        if path not in PAGES:
            return self.answer(404, "text/plain", b"There is nothing here.\n")
        name, kind = PAGES[path]
        body = (HERE / name).read_text().replace("{{AUDIT}}", self.server.audit)
        return self.answer(200, kind, body.encode())

    def token(self):
        """A new token for whoever is signed in: their organization, their part of it, this page."""
        wanted = {
            "org": self.server.org,
            "actor": signed_in_user(),
            "query": self.server.query,
            "features": ["search", "raw", "live", "export"],
            "origins": [self.server.origin],
        }
        request = urllib.request.Request(
            f"{self.server.audit}/v1/viewer-tokens",
            data=json.dumps(wanted).encode(),
            headers={"authorization": f"Bearer {self.server.key}", "content-type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                made = json.load(response)
        except urllib.error.HTTPError as error:
            print("the audit log says:", error.read().decode(), file=sys.stderr)
            return self.answer(502, "text/plain", b"The audit log gave no token.\n")
        # The key stays here. The page gets the token, and the address of the frame for those who want one.
        body = {"token": made["token"], "frame": self.server.audit + made["frame"]}
        return self.answer(200, "application/json", json.dumps(body).encode())

    def answer(self, status, kind, body):
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.send_header("cache-control", "no-store")
        self.send_header("content-security-policy", POLICY.format(audit=self.server.audit))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--audit", default="http://localhost:8440", help="where the audit log is")
    parser.add_argument("--org", default="northlight", help="whose log is shown")
    parser.add_argument("--query", default="-action:audit_log.*,audit_viewer_token.*", help="only events that match are shown")
    parser.add_argument("--port", type=int, default=8000)
    arguments = parser.parse_args()
    key = os.environ.get("AUDIT_KEY")
    if not key:
        sys.exit("Set AUDIT_KEY to an API key with the scopes viewers:write, events:read and integrity:read.")
    server = ThreadingHTTPServer(("127.0.0.1", arguments.port), Handler)
    server.key, server.org, server.query = key, arguments.org, arguments.query
    server.audit = arguments.audit.rstrip("/")
    server.origin = f"http://localhost:{server.server_port}"
    print(f"Open {server.origin}/ for the element, {server.origin}/frame for the frame. Ctrl-C stops.", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
