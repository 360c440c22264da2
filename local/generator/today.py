"""The day after the half-year: what happens while somebody watches, told as of the moment at which it is sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from random import Random

from local.generator.half_year import HalfYear
from local.generator.origin import Origin
from local.generator.people import DEFAULT_SEED
from local.generator.sales import BANT
from local.generator.team import address, any_owner
from local.generator.web import KEY_CONTENT, KEY_FORMS, SITE
from local.request import Activity, Decision, Delivery, Identities, Request

#: How many of each at most.
_NEW, _CONVERTED, _ACCEPTED = 8, 12, 6
_CAMPAIGN = Origin("email", "partner_newsletter", "new-season")


def today(half_year: HalfYear, now: datetime) -> tuple[Delivery, ...]:
    """What happens today. The ids are the half-year's own, so that what was sent before is recognised on another day.

    Arguments:
        half_year: the half-year before.
        now: the present.
    """
    requests: list[Request] = [
        *_newcomers(half_year, now),
        *_conversions(half_year, now),
        *_acceptances(half_year, now),
    ]
    return tuple(Delivery(request, now) for request in requests)


def _newcomers(half_year: HalfYear, now: datetime) -> Iterator[Activity]:
    """People whom a campaign of today brings to the newsletter."""
    suffix = "" if half_year.seed == DEFAULT_SEED else f"-{half_year.seed}"
    for number in range(_NEW):
        who = Identities(email=f"reader{number + 1}@postbox{suffix}.example", visitor=f"v-{half_year.seed}-n{number}")
        properties = {"form": "newsletter", "url": f"{SITE}/newsletter", **_CAMPAIGN.tags}
        yield Activity(
            f"{half_year.seed}-n{number}", "form_submission", now, who, properties=properties, source="website"
        )


def _conversions(half_year: HalfYear, now: datetime) -> Iterator[Activity]:
    """People who so far read the newsletter alone, and ask for more."""
    interested = {a.identities.email for a in half_year.activities if a.properties.get("form") == "newsletter"}
    known = [email for email in interested - _qualified(half_year) if email]
    forms = tuple(KEY_FORMS)
    for number, email in enumerate(sorted(known)[:_CONVERTED]):
        form = forms[number % len(forms)]
        properties = {"form": form, "url": f"{SITE}/{form}"}
        who = Identities(email=email)
        yield Activity(f"{half_year.seed}-t{number}", "form_submission", now, who, None, properties, source="website")


def _acceptances(half_year: HalfYear, now: datetime) -> Iterator[Decision]:
    """People who waited for sales, and wait no longer."""
    rng = Random(f"{half_year.seed}/today")
    ruled = {each.prospect.email for each in half_year.requests if isinstance(each, Decision)}
    on_deals = {value for each in half_year.requests if not isinstance(each, Activity) for _, value in each.names()}
    waiting = (email for email in sorted(_qualified(half_year)) if email not in ruled | on_deals)
    for number, email in enumerate(islice(waiting, _ACCEPTED)):
        answers = {topic: answers[0] for topic, answers in BANT.items()}
        by = address(any_owner(rng))
        yield Decision(f"{half_year.seed}-r{number}", now, Identities(email=email), "accept", by, qualification=answers)


def _qualified(half_year: HalfYear) -> set[str]:
    """The addresses of who did what qualifies."""
    return {
        activity.identities.email
        for activity in half_year.activities
        if activity.identities.email
        and (activity.properties.get("form") in KEY_FORMS or activity.properties.get("content") in KEY_CONTENT)
    }
