"""The records that a workflow sends: a contact or a deal as it is, with the history of its properties."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from lifecycle.events import DealStatus, Identity
from lifecycle.sources.crm import deal_update, traits_of
from lifecycle.sources.hubspot_account import CONTACT, DEAL, Account
from lifecycle.sources.reading import activity, event_id, object_in, optional_email, optional_text
from lifecycle.sources.said import Said
from lifecycle.sources.source import UnreadablePartError
from lifecycle.sources.times import from_millis

_MOST_VERSIONS = 100
#: Properties that HubSpot works out by itself: counts, shadows, dates. Those of people have no such prefix.
_COMPUTED = ("hs_", "num_", "days_")
#: What is said of a deal, besides its stage.
_TOLD = ("dealname", "amount", "deal_currency_code", "pipeline", "closed_lost_reason")


def said_by(record: Mapping[str, Any], account: Account) -> Iterable[Said]:
    """What one record says. Raises UnreadablePartError."""
    properties = {
        name: held for name, held in object_in(record["properties"], "properties").items() if isinstance(held, dict)
    }
    # Records have dozens of properties, so most are not worth a call.
    newest = max(
        [time if type(time := held.get("timestamp")) is int else _time(held) for held in properties.values()],
        default=0,
    )
    if not newest:
        raise UnreadablePartError("properties has no property with a timestamp, so that nothing says of when it is")
    type_ = optional_text(record.get("objectTypeId")) or optional_text(record.get("objectType"))
    if "vid" in record or type_ in (CONTACT, "CONTACT"):
        yield _contact(record, {name: held.get("value") for name, held in properties.items()}, newest, account)
    elif type_ in (DEAL, "DEAL"):
        yield from _deal(record, properties, newest, account)
    else:
        raise UnreadablePartError("it is about neither a contact nor a deal: send those from the workflow")


def _time(held: Mapping[str, Any]) -> int:
    """When a property got its value, in milliseconds; 0 where nothing says. Contacts have it at the versions alone."""
    time = held.get("timestamp")
    if isinstance(time, int):
        return time
    times = [version.get("timestamp") for version in _versions(held.get("versions"))]
    return max((time for time in times if isinstance(time, int)), default=0)


def _versions(versions: Any) -> list[Mapping[str, Any]]:
    if not isinstance(versions, list):
        return []
    return [version for version in versions[:_MOST_VERSIONS] if isinstance(version, dict)]


def _when(millis: int) -> datetime:
    try:
        return from_millis(millis)
    except UnreadablePartError as error:
        raise UnreadablePartError(f"a timestamp {error}") from None


# ---- contacts --------------------------------------------------------------------------------------------------------


def _contact(record: Mapping[str, Any], values: Mapping[str, Any], newest: int, account: Account) -> Said:
    vid = record.get("vid", record.get("objectId"))
    identities = (
        account.contact(vid, "vid"),
        *optional_email(values.get("email")),
        *_profiles(record.get("identity-profiles")),
    )
    told = {name: value for name, value in values.items() if not name.startswith(_COMPUTED) and name != "email"}
    return activity(
        event_id("hubspot", optional_text(record.get("portalId")), "contact", vid, newest),
        "crm_contact_deleted" if record.get("isDeleted") is True else "crm_contact_changed",
        _when(newest),
        account.received_at,
        identities,
        source="hubspot",
        direction="internal",
        traits=traits_of(told),
    )


def _profiles(profiles: Any) -> Iterator[Identity]:
    """The addresses of a contact, and the cookie that HubSpot's tracking gave it."""
    if not isinstance(profiles, list):
        return
    listed = [profile.get("identities") for profile in profiles[:_MOST_VERSIONS] if isinstance(profile, dict)]
    for one in (one for identities in listed if isinstance(identities, list) for one in identities[:_MOST_VERSIONS]):
        if not isinstance(one, dict):
            continue
        if one.get("type") == "EMAIL":
            yield from optional_email(one.get("value"))
        elif one.get("type") == "LEAD_GUID" and (cookie := optional_text(one.get("value"))):
            yield Identity("visitor", cookie)


# ---- deals -----------------------------------------------------------------------------------------------------------


def _deal(
    record: Mapping[str, Any], properties: Mapping[str, Mapping[str, Any]], newest: int, account: Account
) -> Iterator[Said]:
    """The stages that the deal went through, each at its time, and what else is known of it."""
    deal = account.deal(record.get("objectId"))
    named = (optional_text(record.get("portalId")), "deal", record.get("objectId"))
    if record.get("isDeleted") is True:
        event = event_id("hubspot", *named, newest, "deleted")
        yield deal_update(event, _when(newest), account.received_at, deal, deleted=True)
        return
    for entered, status in _stages(properties, account):
        event = event_id("hubspot", *named, "stage", entered, status)
        yield deal_update(event, _when(entered), account.received_at, deal, status=status)
    values = {name: properties[name].get("value") for name in _TOLD if name in properties}
    yield deal_update(
        event_id("hubspot", *named, newest),
        _when(newest),
        account.received_at,
        deal,
        name=values.get("dealname"),
        money=values.get("amount"),
        currency=values.get("deal_currency_code") or account.currency,
        pipeline=values.get("pipeline"),
        lost_reason=values.get("closed_lost_reason"),
    )


def _stages(properties: Mapping[str, Mapping[str, Any]], account: Account) -> list[tuple[int, DealStatus]]:
    """When the deal entered which status. What HubSpot itself calls won or lost now, no setting needs to name."""
    held = properties.get("dealstage", {})
    versions = _versions(held.get("versions")) or [held]
    history = sorted(
        (time, status)
        for version in versions
        if (status := account.status("dealstage", version.get("value"))) and (time := _time(version))
    )
    closed = [
        account.status(name, properties.get(name, {}).get("value"))
        for name in ("hs_is_closed_won", "hs_is_closed_lost")
    ]
    if history and (now := next((status for status in closed if status), None)):
        history[-1] = (history[-1][0], now)
    return history
