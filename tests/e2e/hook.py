"""A CRM behind a hook, on a port of this machine: whom the deployed functions ask for what is missing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass
class Crm:
    """Its records by object and id, who may ask, and what was asked."""

    url: str
    secret: str
    records: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)


@contextmanager
def serving(secret: str) -> Iterator[Crm]:
    """A CRM that answers over HTTP."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.headers["Authorization"] != f"Bearer {crm.secret}":
                self._answer(401, {})
                return
            name = (question["object_type"], question["id"])
            crm.asked.append(name)
            self._answer(200 if name in crm.records else 404, crm.records.get(name, {}))

        def _answer(self, status: int, record: dict[str, Any]) -> None:
            body = json.dumps(record).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing: the tests look at what the CRM was asked."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        crm = Crm(f"http://127.0.0.1:{server.server_port}/records", secret)
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield crm
        finally:
            server.shutdown()
            thread.join()
