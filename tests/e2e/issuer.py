"""The issuer of the tests, on a port of this machine: what the deployed functions sign people in with.

It has a page too, where whom it knows signs in by email alone, and is sent back to where they came from.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.fakes.issuer import FakeIssuer

AUTHORIZE = "/authorize"
#: The form goes to the very address of the page, and so brings along what the browser was sent with. The icon keeps the
#: browser from asking for one.
_PAGE = b"""<!doctype html><html lang="en"><title>The issuer</title><link rel="icon" href="data:,">
<form method="post"><label>E-mail <input name="email"></label><button>Sign in</button></form></html>"""


@contextmanager
def serving() -> Iterator[FakeIssuer]:
    """An issuer that answers over HTTP."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if urlsplit(self.path).path == AUTHORIZE:
                self._send(200, "text/html; charset=utf-8", _PAGE)
            else:
                self._answer(None)

        def do_POST(self) -> None:
            form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            if urlsplit(self.path).path == AUTHORIZE:
                self._sign_in(form["email"])
            else:
                self._answer(form)

        def _sign_in(self, email: str) -> None:
            asked = dict(parse_qsl(urlsplit(self.path).query))
            code = issuer.sign_in(asked, email=email, **issuer.people[email])
            back = urlencode({"code": code, "state": asked["state"]})
            self.send_response(302)
            self.send_header("Location", f"{asked['redirect_uri']}?{back}")
            self.end_headers()

        def _answer(self, form: dict[str, str] | None) -> None:
            reply = issuer.ask(issuer.url + self.path, form)
            self._send(reply.status, "application/json", reply.body)

        def _send(self, status: int, media_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing: the tests look at what the issuer was asked."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        issuer = FakeIssuer(f"http://127.0.0.1:{server.server_port}")
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield issuer
        finally:
            server.shutdown()
            thread.join()
