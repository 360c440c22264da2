"""What makes a sign-in good for once: those that are under way at the issuer, and the tokens that were used for one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lifecycle.store.items import Item, from_attributes, to_attributes
from lifecycle.store.schema import BEGUN_SIGN_IN, EXPIRES_AT, ONCE, begun_sign_in_pk, used_token_pk
from lifecycle.store.transactions import put_absent

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class BegunSignIn:
    """A browser that was sent to the issuer.

    Attributes:
        nonce: what the token must repeat.
        verifier: what the code is redeemed with (RFC 7636).
        return_to: where the browser goes afterwards.
        expires_at: from when on it is too late.
    """

    nonce: str
    verifier: str
    return_to: str
    expires_at: datetime


def put_begun_sign_in(client: DynamoDBClient, table: str, digest: str, begun: BegunSignIn) -> None:
    """Keep a sign-in that begins.

    Arguments:
        client: of DynamoDB.
        table: the table's name.
        digest: the SHA-256 of its state, in hexadecimal.
        begun: what is needed to end it.
    """
    item = {
        **_address(digest),
        "nonce": begun.nonce,
        "verifier": begun.verifier,
        "return_to": begun.return_to,
        EXPIRES_AT: int(begun.expires_at.timestamp()),
    }
    client.put_item(TableName=table, Item=to_attributes(item))


def take_begun_sign_in(client: DynamoDBClient, table: str, digest: str) -> BegunSignIn | None:
    """Take a sign-in out of the table: of two who try, one gets it. ``None`` where there is none, or none any more."""
    answer = client.delete_item(TableName=table, Key=to_attributes(_address(digest)), ReturnValues="ALL_OLD")
    attributes = answer.get("Attributes")
    if not attributes:
        return None
    item = from_attributes(attributes)
    expires_at = datetime.fromtimestamp(int(item[EXPIRES_AT]), UTC)
    return BegunSignIn(item["nonce"], item["verifier"], item["return_to"], expires_at)


def use_token(client: DynamoDBClient, table: str, digest: str, expires_at: datetime) -> bool:
    """Note that somebody signs in with a token.

    Arguments:
        client: of DynamoDB.
        table: the table's name.
        digest: the SHA-256 of what its issuer signed, in hexadecimal.
        expires_at: from when on the token is refused anyhow.

    Returns:
        Whether nobody has done so before.
    """
    # The table may delete it a second after the token has ended, and not before.
    until = int(expires_at.timestamp()) + 1
    return put_absent(client, table, [{"pk": used_token_pk(digest), "sk": ONCE, EXPIRES_AT: until}])[0]


def _address(digest: str) -> Item:
    return {"pk": begun_sign_in_pk(digest), "sk": BEGUN_SIGN_IN}
