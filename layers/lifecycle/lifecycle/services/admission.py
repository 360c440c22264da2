"""Who was let in: what the authorizer found out, by whichever credential, and what everything below trusts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from lifecycle.services.scopes import Scope

#: What somebody was recognised by: an API key, an issuer's token, or the session of a browser.
CredentialKind = Literal["key", "token", "session"]


@dataclass(frozen=True, slots=True)
class Admission:
    """Who was let in.

    Attributes:
        workspace: whose data is opened.
        actor: the author of what is done: ``key:<name>``, a person's verified email, or ``user:<subject>``.
        subject: names the same caller in logs without saying who it is; a key's name or the issuer's id.
        scopes: what may be done.
        kind: what the caller was recognised by.
        valid_until: from when on the caller is refused; ``None``: never.
        key_id: of a key, its place in the workspace's list.
        requests_per_second: of a key, how many requests it may make, if that was said of it.
    """

    workspace: str
    actor: str
    subject: str
    scopes: tuple[Scope, ...]
    kind: CredentialKind
    valid_until: datetime | None = None
    key_id: str | None = None
    requests_per_second: int | None = None
