"""Receiving: what an outside system sent is verified, translated and appended, and only then is it answered."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from lifecycle.events import Activity, DealUpdate, Identity
from lifecycle.services.links import deal_of, missing_from, updates_of
from lifecycle.services.results import BatchOutcome, DealOutcome
from lifecycle.sources.delivery import Delivery
from lifecycle.sources.enrichment import has_hook
from lifecycle.sources.said import ErasureRequest, LinkUpdate, Said, SubscriptionOffer, Unreadable
from lifecycle.sources.source import RefusedDeliveryError, Reply, Source, Tally, UnreadableDeliveryError
from lifecycle.store.source_records import QuarantinedPart, SourceRecord, Waiting

_LOGGER = logging.getLogger(__name__)

#: So many events are evaluated before the answer. Of more, all are in their logs when the system is answered, and the
#: stream evaluates them within seconds: senders of large batches wait five seconds at most (HubSpot, "Webhooks API").
INLINE = 20
#: How exact the last delivery and the last refusal are known.
_NOTED_FOR = timedelta(minutes=1)


class Prospects(Protocol):
    """What receiving needs of the use cases of a workspace."""

    def record_activities(self, activities: Sequence[Activity]) -> BatchOutcome: ...
    def append_activities(self, activities: Sequence[Activity]) -> BatchOutcome: ...
    def withdraw_scanners_clicks(self, activities: Sequence[Activity]) -> None: ...
    def update_deal(self, update: DealUpdate) -> DealOutcome: ...
    def append_deal_updates(self, updates: Sequence[DealUpdate]) -> BatchOutcome: ...
    def deal_log(self, deal_id: str) -> list[DealUpdate]: ...


class Received(Protocol):
    """What receiving needs of the store of sources; ``store.sources.SourceStore`` describes each method."""

    def note(self, source_id: str, what: Any, at: datetime) -> None: ...
    def quarantine(self, source_id: str, parts: Sequence[QuarantinedPart]) -> None: ...
    def spent_on(self, source_id: str, digest: str) -> str | None: ...
    def spend(self, source_id: str, digest: str, used_for: str, at: datetime) -> bool: ...
    def append_link(self, update: LinkUpdate) -> bool: ...
    def link_log(self, link_id: str) -> list[LinkUpdate]: ...
    def links_of(self, deal_id: str) -> list[str]: ...
    def await_more(self, waiting: Sequence[Waiting]) -> None: ...


class Workplace(NamedTuple):
    """What the deliveries of one workspace are worked on with.

    ``erase`` erases whoever has an identity; ``accept_offer`` fetches the address by which an offer is accepted;
    ``certificate`` gets the certificate (PEM) at an address, empty where none is there; ``look_up`` has the hook of a
    source asked, some time later, for what waits.
    """

    received: Received
    prospects: Prospects
    erase: Callable[[Identity], None]
    accept_offer: Callable[[str], object]
    certificate: Callable[[str], str]
    look_up: Callable[[Sequence[Waiting]], None]


@dataclass(slots=True)
class _Sorted:
    """What a delivery says, by kind."""

    activities: list[Activity] = field(default_factory=list)
    deals: list[DealUpdate] = field(default_factory=list)
    links: list[LinkUpdate] = field(default_factory=list)
    erasures: list[ErasureRequest] = field(default_factory=list)
    offers: list[SubscriptionOffer] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)

    @property
    def events(self) -> int:
        return len(self.activities) + len(self.deals) + len(self.links)


class Receiver:
    """Receives the deliveries of one source.

    Arguments:
        workplace: of its workspace.
        record: the source.
        source: its kind.
    """

    def __init__(self, workplace: Workplace, record: SourceRecord, source: Source) -> None:
        self._place = workplace
        self._record = record
        self._source = source

    def receive(self, delivery: Delivery, secrets: Sequence[str]) -> Reply:
        """Verify a delivery, and keep what it says.

        Arguments:
            delivery: as it arrived.
            secrets: those that are valid, newest first.

        Returns:
            What the system is answered. Every event is in a log then, and what could not be read is in quarantine.

        Raises:
            RefusedDeliveryError: it is not proven to be the system's. Nothing was kept.
            OutsideError: what would prove it cannot be fetched at present. Nothing was kept.
        """
        try:
            self._source.verify(delivery, self._proofs(delivery, secrets), self._record.settings)
            nonce = self._nonce(delivery)
        except RefusedDeliveryError:
            self._note("last_refused_at", self._record.last_refused_at, delivery.received_at)
            raise
        tally = self._keep(delivery)
        if nonce is not None:
            self._place.received.spend(self._record.source_id, *nonce, delivery.received_at)
        self._note("last_received_at", self._record.last_received_at, delivery.received_at)
        return self._source.reply(delivery, self._record.settings, tally)

    def replay(self, delivery: Delivery) -> Tally:
        """Translate and keep a part from quarantine, which was proven when it came in."""
        return self._keep(delivery)

    def learn(self, said: Iterable[Said], now: datetime) -> Tally:
        """Keep what was found out for this source, which no delivery brought."""
        return self._keep_said(_sorted(said), Delivery("POST", "", {}, {}, b"", now))

    def _proofs(self, delivery: Delivery, secrets: Sequence[str]) -> list[str]:
        """What a delivery may be proven by. An empty secret is none: everybody knows it."""
        address = self._source.certificate(delivery, self._record.settings) if self._source.certificate else None
        certificates = [self._place.certificate(address)] if address else []
        return certificates + [secret for secret in secrets if secret]

    def _nonce(self, delivery: Delivery) -> tuple[str, str] | None:
        """What may be used once only, and what it is used for now; for the same content it may come again.

        Noted only when all is kept: a delivery that failed halfway has to be let in when it is repeated.
        """
        nonce = self._source.once(delivery) if self._source.once else None
        if nonce is None:
            return None
        digest, content = _digest(nonce.encode()), _digest(delivery.body)
        if self._place.received.spent_on(self._record.source_id, digest) not in (None, content):
            raise RefusedDeliveryError("replayed")
        return digest, content

    def _note(self, what: str, noted: datetime | None, now: datetime) -> None:
        if noted is None or noted < now - _NOTED_FOR:
            self._place.received.note(self._record.source_id, what, now)

    # ---- keeping ----------------------------------------------------------------------------------------------------

    def _keep(self, delivery: Delivery) -> Tally:
        return self._keep_said(_sorted(self._translated(delivery)), delivery)

    def _keep_said(self, said: _Sorted, delivery: Delivery) -> Tally:
        kept = [self._keep_activities(said), *self._keep_links(said.links), self._keep_deals(said)]
        for erasure in said.erasures:
            self._place.erase(erasure.identity)
        for offer in said.offers:
            self._place.accept_offer(offer.url)
        if said.unreadable:
            self._place.received.quarantine(
                self._record.source_id, [self._part(unreadable, delivery) for unreadable in said.unreadable]
            )
        waiting = list(self._waiting(said, delivery.received_at))
        self._place.received.await_more(waiting)
        if waiting and has_hook(self._record.settings):
            # Not only what is new on the list: a delivery that failed right here finds it listed when it is repeated.
            self._place.look_up(waiting)
        tally = Tally(
            accepted=sum(one.accepted for one in kept) + len(said.erasures),
            duplicates=sum(one.duplicates for one in kept),
            quarantined=len(said.unreadable),
        )
        _LOGGER.info("delivery", extra={"source": self._record.kind, **tally._asdict()})
        return tally

    def _translated(self, delivery: Delivery) -> Iterable[Said]:
        try:
            return list(self._source.translate(delivery, self._record.settings))
        except UnreadableDeliveryError as error:
            return [Unreadable(delivery.body, str(error))]

    def _keep_activities(self, said: _Sorted) -> BatchOutcome:
        prospects = self._place.prospects
        if not said.activities:
            return BatchOutcome(0, 0)
        if said.events > INLINE:
            return prospects.append_activities(said.activities)
        outcome = prospects.record_activities(said.activities)
        prospects.withdraw_scanners_clicks(said.activities)
        return outcome

    def _keep_deals(self, said: _Sorted) -> BatchOutcome:
        if not said.deals:
            return BatchOutcome(0, 0)
        outcome = self._place.prospects.append_deal_updates(said.deals)
        if said.events <= INLINE:
            for update in sorted(said.deals, key=lambda update: update.key):
                self._place.prospects.update_deal(update)
        return outcome

    def _keep_links(self, links: Sequence[LinkUpdate]) -> Iterable[BatchOutcome]:
        for update in links:
            is_new = self._place.received.append_link(update)
            yield BatchOutcome(int(is_new), int(not is_new))
        logs = [self._place.received.link_log(link_id) for link_id in dict.fromkeys(link.link_id for link in links)]
        for deal_id in dict.fromkeys(deal_id for log in logs if (deal_id := deal_of(log))):
            of_deal = [self._place.received.link_log(link_id) for link_id in self._place.received.links_of(deal_id)]
            updates = updates_of(deal_id, [log for log in of_deal if deal_of(log) == deal_id])
            for missing in missing_from(self._place.prospects.deal_log(deal_id), updates):
                self._place.prospects.update_deal(missing)

    def _part(self, unreadable: Unreadable, delivery: Delivery) -> QuarantinedPart:
        body, content_type = unreadable.part, delivery.header("content-type")
        alone = not isinstance(body, bytes)
        if alone:
            text = json.dumps(body, default=_plain, ensure_ascii=False)
            # Half of a surrogate pair, which UTF-8 has no bytes for, stays the escape that it came as.
            body, content_type = text.encode("utf-8", "backslashreplace"), "application/json"
        # The same part twice is one: a delivery that is repeated for the sake of another part adds none.
        return QuarantinedPart(
            part_id=_digest(body)[:32],
            received_at=delivery.received_at,
            why=unreadable.why,
            body=body,
            content_type=content_type,
            call=delivery.call,
            alone=alone,
        )

    # ---- what waits -------------------------------------------------------------------------------------------------

    def _waiting(self, said: _Sorted, now: datetime) -> Iterable[Waiting]:
        """What was named by an id alone: whether more is known of it is asked when the list is read."""
        source_id = self._record.source_id
        named = [activity.identities for activity in said.activities]
        named += [contact.identities for update in said.deals for contact in (update.contacts or ()) + update.joined]
        named += [(link.contact,) for link in said.links if link.contact]
        for identity in dict.fromkeys(identity for identities in named for identity in _bare(identities)):
            yield Waiting("contact", f"{identity.kind}:{identity.value}", now, source_id)
        for deal_id in dict.fromkeys(
            update.deal_id for update in said.deals if not update.contacts and not update.joined
        ):
            yield Waiting("deal", deal_id, now, source_id)
        for link_id in dict.fromkeys(link.link_id for link in said.links if not (link.deal_id and link.contact)):
            yield Waiting("link", link_id, now, source_id)


def _bare(identities: Sequence[Identity]) -> list[Identity]:
    """The ids of a CRM that stand without an email."""
    if any(identity.kind == "email" for identity in identities):
        return []
    return [identity for identity in identities if identity.kind.startswith("crm:")]


def _sorted(said: Iterable[Said]) -> _Sorted:
    result = _Sorted()
    for one in said:
        match one:
            case Activity():
                result.activities.append(one)
            case DealUpdate():
                result.deals.append(one)
            case LinkUpdate():
                result.links.append(one)
            case ErasureRequest():
                result.erasures.append(one)
            case SubscriptionOffer():
                result.offers.append(one)
            case Unreadable():
                result.unreadable.append(one)
    return result


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _plain(value: Any) -> Any:
    """A number with a fraction, as JSON writes it."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and abs(value) < 10**15 else float(value)
    raise TypeError(f"{type(value).__name__} is no JSON")
