"""A browser that posts a form."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from tests.senders.jotform import multipart
from tests.senders.sender import Sample, Sender

ORIGIN = "https://www.example.com"
FIELDS = {
    "form": "talk-to-us",
    "email": "Ann@Example.com",
    "visitor": "cookie-7",
    "company": "Initech & Söhne",
    "message": "Hello,\r\nworld",
    "card": "4111 1111 1111 1111",
    "utm_source": "search",
    "_honeypot": "",
    "_redirect": "https://www.example.com/thanks?for=talk",
}
HEADERS = {"Origin": ORIGIN, "Referer": f"{ORIGIN}/contact", "User-Agent": "Mozilla/5.0 (X11; Linux x86_64)"}


def urlencoded(fields: dict[str, str]) -> Sample:
    """A form as browsers send it unless told otherwise."""
    return Sample(urlencode(fields).encode(), "application/x-www-form-urlencoded", HEADERS)


SAMPLES = {
    "urlencoded": urlencoded(FIELDS),
    "multipart": multipart(FIELDS)._replace(headers=HEADERS),
    "trapped": urlencoded({**FIELDS, "_honeypot": "https://spam.test"}),
    "review": urlencoded({"form": "review", "email": "ann@example.com", "stars": "5", "_submission": "7f3a"}),
}


def sign(_body: bytes, _url: str, secret: str, _now: datetime) -> dict[str, str]:
    """A page has no secrets."""
    return {}


SENDER = Sender(
    kind="form",
    secret="",
    samples=SAMPLES,
    sign=sign,
    settings={
        "form": {"form": "contact", "traits": {"company": "company"}},
        "forms": {"review": {"type": "review", "score_field": "stars"}},
        "keep": ["message"],
        "origins": [ORIGIN],
        "redirects": [f"{ORIGIN}/thanks", f"{ORIGIN}/thanks?for=talk"],
    },
)
