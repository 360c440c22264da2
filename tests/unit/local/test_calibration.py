"""The rates of the half-year against the figures they are taken from."""

from collections import Counter
from datetime import date, timedelta
from math import sqrt
from random import Random
from statistics import mean, median, quantiles

import pytest

from local.generator import HalfYear, generate, rates
from local.generator.calendar import Window, in_office, later
from local.generator.mail import LINKS
from local.generator.origin import origin_of
from local.generator.plan import draw, draw_qualified
from local.request import DealUpdate, Decision, Identities

DAY = date(2026, 11, 22)
OLIST_LEADS, OLIST_WON = 8000, 842


@pytest.fixture(scope="module")
def large() -> HalfYear:
    """Large enough for the rates to show through the chance."""
    return generate(DAY, seed=1, prospects=12_000)


def within(count: int, of: int, rate: float, deviations: float = 4.0) -> bool:
    """Whether a count lies within some standard deviations of what a rate makes likely (binomial)."""
    return abs(count - of * rate) <= deviations * sqrt(of * rate * (1 - rate))


def test_of_as_many_qualified_leads_as_olist_had_about_as_many_are_won() -> None:
    rng = Random(1)
    outcomes = Counter(draw_qualified(rng).outcome for _ in range(OLIST_LEADS))
    assert within(outcomes["won"], OLIST_LEADS, OLIST_WON / OLIST_LEADS)


def test_the_days_to_win_have_the_quartiles_of_olist() -> None:
    rng = Random(2)
    days = [draw_qualified(rng).days for _ in range(OLIST_LEADS)]
    lower, middle, upper = quantiles(days, n=4)
    assert middle == pytest.approx(14.65, rel=0.1)
    # The logarithms of Olist's quartiles are not quite symmetric about the median: a log-normal fits each to a fifth.
    assert lower == pytest.approx(5.85, rel=0.25)
    assert upper == pytest.approx(55.2, rel=0.25)


def test_each_step_of_the_plan_has_its_rate() -> None:
    rng = Random(3)
    plans = [draw(rng) for _ in range(20_000)]
    qualified = [plan for plan in plans if plan.qualifies]
    accepted = [plan for plan in qualified if plan.accepted]
    deals = [plan for plan in accepted if plan.has_deal]
    assert within(len(qualified), len(plans), rates.KNOWN_TO_QUALIFIED)
    assert within(len(accepted), len(qualified), rates.QUALIFIED_TO_ACCEPTED)
    assert within(len(deals), len(accepted), rates.ACCEPTED_TO_OPPORTUNITY)
    assert within(sum(plan.outcome == "won" for plan in deals), len(deals), rates.OPPORTUNITY_TO_WON)


def test_where_people_come_from_leaves_the_rate_of_all_as_it_is() -> None:
    rng, window = Random(6), Window(DAY)
    qualities = [origin_of(rng, window, window.any_moment(rng)).quality for _ in range(20_000)]
    assert mean(qualities) == pytest.approx(1.0, abs=0.03)
    assert max(qualities) > 5 * min(qualities), "campaigns differ"


def test_the_steps_lie_in_the_ranges_of_their_source() -> None:
    assert 0.15 <= rates.KNOWN_TO_QUALIFIED <= 0.30
    assert 0.30 <= rates.QUALIFIED_TO_ACCEPTED <= 0.50
    assert 0.50 <= rates.ACCEPTED_TO_OPPORTUNITY <= 0.75


def scanned(half_year: HalfYear) -> frozenset[str]:
    """The ids of what scanners did, whether the mail system marked it or a person withdrew it."""
    marked = {activity.id for activity in half_year.activities if activity.properties.get("automated")}
    withdrawn = {each.event_id for each in half_year.requests if isinstance(each, Decision) and each.event_id}
    return frozenset(marked | withdrawn)


def test_mail_is_opened_clicked_and_bounced_as_at_mailchimp(large: HalfYear) -> None:
    scanners = scanned(large)
    seen = Counter(a.type for a in large.activities if a.id not in scanners)
    assert within(seen["email_open"], seen["email_delivered"], 0.2271)
    assert within(seen["email_click"], seen["email_delivered"], 0.0291)
    assert within(seen["email_unsubscribe"], seen["email_delivered"], 0.0025)
    soft = sum(a.properties.get("bounce") == "soft" for a in large.activities)
    assert within(soft, seen["email_sent"], 0.0061)


def test_scanners_click_about_twice_as_often_as_people(large: HalfYear) -> None:
    scanners = scanned(large)
    clicks = Counter(a.id in scanners for a in large.activities if a.type == "email_click")
    assert clicks[True] / clicks.total() == pytest.approx(0.65, abs=0.06)


def test_a_mail_has_as_many_links_as_the_share_of_scanners_reckons_with() -> None:
    assert len(LINKS) == rates.LINKS_PER_EMAIL


def test_first_contacts_spread_over_the_week_as_olists(large: HalfYear) -> None:
    first: dict[Identities, int] = {}
    for activity in sorted(large.activities, key=lambda each: each.occurred_at):
        first.setdefault(activity.identities, activity.occurred_at.weekday())
    anonymous = [day for identities, day in first.items() if not identities.email]
    weekend = sum(day >= 5 for day in anonymous) / len(anonymous)
    assert weekend == pytest.approx((527 + 531) / 8000, abs=0.05)


def test_won_deals_of_the_first_months_are_won_as_soon_as_olists(large: HalfYear) -> None:
    early = large.window.start + timedelta(days=60)
    opened = {deal.deal_id: deal.occurred_at for deal in reversed(_deals(large, "open")) if deal.occurred_at < early}
    won = {deal.deal_id: deal.occurred_at for deal in _deals(large, "won") if deal.deal_id in opened}
    days = [(won[deal_id] - opened[deal_id]) / timedelta(days=1) for deal_id in won]
    # A deal is opened a quarter to a half into the days that Olist counts from the first contact on.
    assert median(days) == pytest.approx(14.65 * 0.625, rel=0.35)


def _deals(half_year: HalfYear, status: str) -> list[DealUpdate]:
    deals = [each for each in half_year.requests if isinstance(each, DealUpdate) and each.status == status]
    return sorted(deals, key=lambda deal: deal.occurred_at)


def test_deliveries_are_late_and_double_as_often_as_assumed(large: HalfYear) -> None:
    once = [delivery for delivery in large.deliveries if not delivery.repeat]
    repeats = len(large.deliveries) - len(once)
    late = [delivery for delivery in once if delivery.late and not isinstance(delivery.request, DealUpdate)]
    assert within(len(late), len(once), rates.DELIVERED_LATE, deviations=6)
    assert rates.DELIVERED_TWICE < repeats / len(once) < 2 * rates.DELIVERED_TWICE
    assert all(delivery.arrived_at - delivery.request.occurred_at >= timedelta(hours=1) for delivery in late)


def test_a_delay_has_its_median() -> None:
    rng = Random(4)
    start = generate(DAY, prospects=1).deliveries[0].arrived_at
    delays = [(later(rng, start, 3.0) - start) / timedelta(days=1) for _ in range(5000)]
    assert median(delays) == pytest.approx(3.0, rel=0.1)


def test_office_hours_never_put_a_moment_back() -> None:
    rng = Random(5)
    start = generate(DAY, prospects=1).deliveries[0].arrived_at
    for hours in range(24 * 14):
        moment = start + timedelta(hours=hours)
        moved = in_office(rng, moment)
        assert moved >= moment
        assert moved.weekday() < 5
        assert 8 <= moved.hour < 18
