"""Which website visits, opens and clicks were a machine's: by the user agent, and by the timing.

Nobody is engaged because a scanner followed the links of an email, or a crawler read a page. What a vendor itself calls
automated is for its own source to pass on; here is what can be told without it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any, NamedTuple

from lifecycle.events import Activity

#: The activities that machines do in a person's stead.
JUDGED = frozenset({"website_visit", "email_open", "email_click"})

#: A user agent is judged by so many characters: browsers' have a third of that.
_JUDGED_CHARACTERS = 512
_REMEMBERED = 4096

#: Gateways that open what an email links to before its reader does, by names that stand in their user agents. The list
#: of crawlers does not have them, since they visit no websites for their own sake.
_SCANNERS = re.compile(
    r"barracuda|mimecast|proofpoint|urldefense|safelinks|messagelabs|symantec email|fireeye|trend ?micro|sophos"
    r"|forcepoint|ironport|cloudmark|avanan|vade ?secure|zerospam|spamtitan|mailguard|hornetsecurity|retarus"
    r"|microsoft exchange online protection|office 365 connectors",
    re.IGNORECASE,
)

#: Mail services that fetch pictures when, and because, a person opens the email: the list of crawlers has them, and
#: behind each of these fetches is a reader all the same.
_READERS = re.compile(r"GoogleImageProxy|YahooMailProxy")

#: Bytes that the automaton of all patterns may take; by default it would give up on a list of this length.
_AUTOMATON_BYTES = 32 * 1024 * 1024


def by_user_agent(type_: str, properties: Mapping[str, Any]) -> str | None:
    """Why an activity was a machine's, by the ``user_agent`` among its properties.

    Returns:
        ``scanner`` or ``crawler``; ``None`` where a person may have done it, or nothing is known.
    """
    if type_ not in JUDGED:
        return None
    told = properties.get("user_agent")
    return _judged(told[:_JUDGED_CHARACTERS]) if isinstance(told, str) else None


@lru_cache(maxsize=_REMEMBERED)
def _judged(user_agent: str) -> str | None:
    if _READERS.search(user_agent):
        return None
    if _SCANNERS.search(user_agent):
        return "scanner"
    return "crawler" if _crawlers().search(user_agent) else None


@cache
def _crawlers() -> Any:
    """All patterns of the list as one, made on first use: reading it takes 10 ms, and few requests need it."""
    import crawleruseragents
    import re2

    options = re2.Options()
    options.max_mem = _AUTOMATON_BYTES
    options.log_errors = False
    return re2.compile("|".join(entry["pattern"] for entry in crawleruseragents.CRAWLER_USER_AGENTS_DATA), options)


class Timing(NamedTuple):
    """What no reader of an email does.

    Attributes:
        soon: a click up to so long after the email's delivery is a scanner's.
        links: so many different links of one email...
        within: ...clicked within this time are, too.
    """

    soon: timedelta = timedelta(seconds=3)
    links: int = 4
    within: timedelta = timedelta(seconds=1)


#: Unless somebody knows better.
USUAL = Timing()


class _Click(NamedTuple):
    at: datetime
    id: str
    url: str | None


def verdicts(activities: Iterable[Activity], timing: Timing = USUAL) -> dict[str, str]:
    """Which clicks of one prospect were a machine's, by when they happened.

    What else the prospect did does not matter: a person who comes to the website a minute later was sent the same email
    that the scanner looked at. The order of the activities does not matter either, nor do repeats.

    Arguments:
        activities: of one prospect. Clicks and deliveries of one email share their ``message_id``; without one, nothing
            is said of a click.
        timing: what no reader does.

    Returns:
        The reason by the click's id: ``before_delivery``, ``soon_after_delivery`` or ``many_links_at_once``, the first
        that applies.
    """
    delivered: dict[str, datetime] = {}
    clicks: dict[str, set[_Click]] = defaultdict(set)
    for activity in activities:
        message = activity.properties.get("message_id")
        if not isinstance(message, str):
            continue
        if activity.type == "email_delivered":
            delivered[message] = min(delivered.get(message, activity.occurred_at), activity.occurred_at)
        elif activity.type == "email_click":
            url = activity.properties.get("url")
            clicks[message].add(_Click(activity.occurred_at, activity.id, url if isinstance(url, str) else None))
    found: dict[str, str] = {}
    for message, of_message in clicks.items():
        ordered = sorted(of_message, key=lambda click: (click.at, click.id, click.url or ""))
        found |= dict.fromkeys(_bursts(ordered, timing), "many_links_at_once")
        if message in delivered:
            found |= _by_delivery(ordered, delivered[message], timing)
    return found


def _by_delivery(clicks: Sequence[_Click], delivered: datetime, timing: Timing) -> dict[str, str]:
    return {
        click.id: "before_delivery" if click.at < delivered else "soon_after_delivery"
        for click in clicks
        if click.at <= delivered + timing.soon
    }


def _bursts(clicks: Sequence[_Click], timing: Timing) -> Iterable[str]:
    """The clicks of each stretch of time in which too many different links were clicked.

    Arguments:
        clicks: of one email, in order.
    """
    counts: dict[str | None, int] = defaultdict(int)
    first = told = 0
    for last, click in enumerate(clicks):
        counts[click.url] += 1
        while click.at - clicks[first].at > timing.within:
            left = clicks[first].url
            counts[left] -= 1
            if not counts[left]:
                del counts[left]
            first += 1
        if len(counts) - (None in counts) >= timing.links:
            for member in clicks[max(first, told) : last + 1]:
                yield member.id
            told = last + 1
