"""Which visits, opens and clicks were a machine's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecycle.events import Activity
from lifecycle.sources import reading
from lifecycle.sources.automation import USUAL, by_user_agent, verdicts
from tests.builders import ANN, T0, activity
from tests.deliveries import NOW

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
)


@pytest.mark.parametrize(
    "agent",
    [
        CHROME,
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:133.0) Gecko/20100101 Firefox/133.0",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)",
        "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.10730; Pro)",
        "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
        "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
        "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0",
        "Mozilla/5.0 (Linux; Android 14; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/131.0 Mobile",
        "",
    ],
)
def test_what_people_use_is_no_machine(agent: str) -> None:
    for type_ in ("website_visit", "email_open", "email_click"):
        assert by_user_agent(type_, {"user_agent": agent}) is None


@pytest.mark.parametrize(
    ("agent", "reason"),
    [
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "crawler"),
        ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", "crawler"),
        ("facebookexternalhit/1.1", "crawler"),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/131.0 Safari/537.36",
            "crawler",
        ),
        ("python-requests/2.32.3", "crawler"),
        ("curl/8.9.1", "crawler"),
        ("Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1; Trident/5.0) Barracuda Sentinel (EE)", "scanner"),
        ("Mimecast-Url-Check/2", "scanner"),
        ("Mozilla/5.0 ProofPoint URL Defense", "scanner"),
    ],
)
def test_crawlers_and_scanners_are_machines(agent: str, reason: str) -> None:
    assert by_user_agent("email_click", {"user_agent": agent}) == reason
    assert by_user_agent("form_submission", {"user_agent": agent}) is None


@given(agent=st.text(max_size=600) | st.integers() | st.none())
def test_any_user_agent_gets_a_verdict(agent: Any) -> None:
    assert by_user_agent("website_visit", {"user_agent": agent}) in (None, "crawler", "scanner")


def test_every_source_that_names_a_user_agent_has_it_looked_at() -> None:
    def visit(agent: str, **more: Any) -> Activity:
        return reading.activity(
            "1", "website_visit", T0, NOW, (ANN,), source="s", properties={"user_agent": agent}, **more
        )

    assert visit("Googlebot/2.1").automated
    assert visit("Googlebot/2.1").properties["automated_because"] == "crawler"
    assert visit("Googlebot/2.1", automated="vendor").properties["automated_because"] == "vendor"
    assert not visit(CHROME).automated


# ----------------------------------------------------------------------------------------------------------------------
# By the timing
# ----------------------------------------------------------------------------------------------------------------------
def _delivered(second: float, message: str = "m") -> Activity:
    return activity(f"delivered-{message}-{second}", second / 60, "email_delivered", message_id=message)


def _click(
    id_: str, second: float, url: str | None = "https://www.example.com/a", message: str | None = "m"
) -> Activity:
    named: dict[str, Any] = {"message_id": message, "url": url}
    return activity(id_, second / 60, "email_click", **{name: value for name, value in named.items() if value})


@pytest.mark.parametrize(
    ("second", "reason"),
    [(-1, "before_delivery"), (0, "soon_after_delivery"), (3, "soon_after_delivery"), (3.01, None), (60, None)],
)
def test_nobody_clicks_within_three_seconds_of_the_delivery(second: float, reason: str | None) -> None:
    assert verdicts([_delivered(0), _click("c", second)]).get("c") == reason


def test_the_first_delivery_of_an_email_is_the_one_that_counts() -> None:
    assert verdicts([_delivered(100), _delivered(0), _click("c", 50)]) == {}


def test_the_delivery_of_another_email_says_nothing() -> None:
    assert verdicts([_delivered(0, "other"), _click("c", 1)]) == {}
    assert verdicts([_delivered(0), _click("c", 1, message=None)]) == {}


@pytest.mark.parametrize(
    ("clicks", "links", "found"),
    [
        ([(0, "a"), (0.3, "b"), (0.6, "c"), (1, "d")], 4, True),
        ([(0, "a"), (0.3, "b"), (0.6, "c"), (1.01, "d")], 4, False),
        ([(0, "a"), (0.3, "b"), (0.6, "c"), (0.9, "a")], 4, False),
        ([(0, "a"), (0.3, "b"), (0.6, "c"), (0.9, None)], 4, False),
        ([(0, "a"), (0.3, "b")], 2, True),
    ],
)
def test_nobody_clicks_many_links_within_a_second(
    clicks: list[tuple[float, str | None]], links: int, found: bool
) -> None:
    log = [_click(f"c{number}", 3600 + second, url) for number, (second, url) in enumerate(clicks)]

    expected = {one.id: "many_links_at_once" for one in log} if found else {}
    assert verdicts(log, USUAL._replace(links=links)) == expected


def test_a_click_beside_the_burst_is_a_persons() -> None:
    burst = [_click(f"c{number}", 3600 + number / 10, f"u{number}") for number in range(6)]

    assert set(verdicts([*burst, _click("person", 3700, "u1")])) == {one.id for one in burst}


def test_what_else_a_person_does_makes_no_difference() -> None:
    log = [_delivered(0), _click("c", 1)]
    later = [activity("v", 0.05, "website_visit"), activity("f", 0.1, "form_submission", form="demo")]

    assert verdicts([*log, *later]) == verdicts(log) == {"c": "soon_after_delivery"}


LOGS = st.lists(
    st.builds(
        lambda kind, second, url, message: (kind, second / 4, url, message),
        st.sampled_from(["delivered", "click", "click", "click", "visit"]),
        st.integers(0, 40),
        st.sampled_from(["a", "b", "c", "d", "e", None]),
        st.sampled_from(["m", "n", None]),
    ),
    max_size=14,
).map(
    lambda entries: [
        _delivered(second, message or "m")
        if kind == "delivered"
        else activity(f"v{number}", second / 60)
        if kind == "visit"
        else _click(f"c{number}", second, url, message)
        for number, (kind, second, url, message) in enumerate(entries)
    ]
)


@given(log=LOGS, data=st.data())
def test_neither_order_nor_repeats_change_a_verdict(log: list[Activity], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations([*log, *log[:3]]))

    assert verdicts(shuffled) == verdicts(log)


@given(log=LOGS)
def test_the_verdicts_are_those_of_the_rules_read_word_by_word(log: list[Activity]) -> None:
    assert verdicts(log) == {
        click.id: reason for click in log if click.type == "email_click" and (reason := _by_the_word(click, log))
    }


def _by_the_word(click: Activity, log: list[Activity]) -> str | None:
    message = click.properties.get("message_id")
    if message is None:
        return None
    same = [one for one in log if one.properties.get("message_id") == message]
    delivered = [one.occurred_at for one in same if one.type == "email_delivered"]
    if delivered and click.occurred_at < min(delivered):
        return "before_delivery"
    if delivered and click.occurred_at <= min(delivered) + timedelta(seconds=3):
        return "soon_after_delivery"
    clicks = [one for one in same if one.type == "email_click"]
    for start in clicks:
        end = start.occurred_at + timedelta(seconds=1)
        within = [one for one in clicks if start.occurred_at <= one.occurred_at <= end]
        if click in within and len({one.properties["url"] for one in within if "url" in one.properties}) >= 4:
            return "many_links_at_once"
    return None
