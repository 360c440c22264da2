"""Stand-ins for the ways in: sessions that are always good, and an issuer that signs in whoever comes back."""

from __future__ import annotations

from datetime import datetime, timedelta

from lifecycle.contract.session_examples import SESSION, STATE
from lifecycle.services.admission import Admission
from lifecycle.services.code_flow import Begun, Returned, SignedIn
from lifecycle.services.sessions import OpenedSession
from lifecycle.services.tokens import VerifiedToken
from tests.unit.functions.fake_lifecycle import NOON

END = NOON + timedelta(hours=1)
ANN = Admission("local", "ann@example.com", "f3c2a1", ("read", "decide"), "token", END)


class FakeSessions:
    """The sessions of a deployment."""

    def __init__(self) -> None:
        self.closed: list[str] = []

    def open_with_key(self, key: str, now: datetime) -> OpenedSession:
        return OpenedSession(SESSION, ANN, END)

    def open_with_token(self, token: VerifiedToken, now: datetime) -> OpenedSession:
        return OpenedSession(SESSION, token.admission, END)

    def find(self, session: str, now: datetime) -> Admission | None:
        return ANN

    def close(self, session: str) -> None:
        self.closed.append(session)


class FakeCodeFlow:
    """The sign-in at the issuer."""

    def begin(self, return_to: str, now: datetime) -> Begun:
        return Begun("https://issuer.example/authorize", STATE)

    def end(self, returned: Returned, now: datetime) -> SignedIn:
        return SignedIn(VerifiedToken(ANN, END, None, "0" * 64), "/docs")
