"""A mail server of the tests: aiosmtpd, which writes what it is handed into a folder, one message a file.

Arguments: folder, port, how the connection is protected (none, starttls, implicit), certificate, key. Whoever writes to
nobody@... is told so for good, later@... for now. With TLS it wants the user `audit` and the password `tick tock`.
"""

import json
import pathlib
import signal
import ssl
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

folder, port, tls, certificate, key = sys.argv[1:6]


class Handler:
    count = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 no such user here"
        if address.startswith("later@"):
            return "451 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        Handler.count += 1
        about = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            # A connection that was protected before anything was said is not seen as such by the library.
            "tls": session.ssl is not None or tls == "implicit",
            "user": session.auth_data,
            "hello": session.host_name,
        }
        path = pathlib.Path(folder) / f"{Handler.count:03}"
        path.with_suffix(".eml").write_bytes(envelope.content)
        part = path.with_suffix(".part")
        part.write_text(json.dumps(about))
        # Last, and at once: whoever sees it finds the message, too.
        part.rename(path.with_suffix(".json"))
        return "250 taken"


def authenticate(server, session, envelope, mechanism, data):
    good = (data.login, data.password) == (b"audit", b"tick tock")
    return AuthResult(success=good, handled=good, auth_data=data.login.decode() if good else None)


context = None
if tls != "none":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)


class Server(Controller):
    def factory(self):
        wants = {} if tls == "none" else {"authenticator": authenticate, "auth_required": True}
        if tls == "starttls":
            wants |= {"tls_context": context, "require_starttls": True}
        if tls == "implicit":
            # The connection is protected before anything is said, which the library does not see.
            wants |= {"auth_require_tls": False}
        return SMTP(self.handler, **wants)


server = Server(
    Handler(),
    hostname="127.0.0.1",
    port=int(port),
    ssl_context=context if tls == "implicit" else None,
)
server.start()
signal.pause()
