"""The ways in, opened as this deployment is set up: sessions, the issuer's tokens, and the sign-in at the issuer.

The environment says which issuer, if any. What an issuer's tokens take is imported when one comes: a request with an
API key does not pay for it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from lifecycle.contract.address import base_url
from lifecycle.services.errors import NoIssuerError
from lifecycle.services.sessions import Sessions

if TYPE_CHECKING:
    from lifecycle.services.code_flow import CodeFlow
    from lifecycle.services.tokens import Verifier

#: Where the issuer sends browsers back to; the path of the route.
CALLBACK = "/session/callback"


def has_issuer() -> bool:
    """Whether this deployment takes tokens at all."""
    return bool(os.environ.get("OIDC_ISSUER"))


@lru_cache(maxsize=1)
def token_verifier() -> Verifier:
    """What holds tokens against the issuer; one for the process, for it remembers the issuer's keys.

    Raises:
        NoIssuerError: this deployment has none.
        ValueError: the deployment's parameters do not make one.
    """
    from lifecycle.services import issuer
    from lifecycle.services.tokens import Expectations, Verifier

    if not has_issuer():
        raise NoIssuerError
    expected = Expectations(
        audience=os.environ["OIDC_AUDIENCE"],
        workspace_claim=os.environ["OIDC_WORKSPACE_CLAIM"],
        roles_claim=os.environ["OIDC_ROLES_CLAIM"],
    )
    return Verifier(issuer.Issuer(os.environ["OIDC_ISSUER"], issuer.fetch), expected)


def sessions() -> Sessions:
    """The sessions of this deployment."""
    return Sessions.connect(os.environ["TABLE_NAME"])


def code_flow(event: Mapping[str, Any]) -> CodeFlow:
    """The sign-in at the issuer. Raises NoIssuerError: this deployment has none."""
    from lifecycle.services.code_flow import CodeFlow

    return CodeFlow.connect(os.environ["TABLE_NAME"], token_verifier(), base_url(event) + CALLBACK)
