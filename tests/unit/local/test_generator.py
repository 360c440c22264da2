"""The half-year: the same every time, believable in its parts, and within the bounds of the contract."""

from collections import Counter, defaultdict
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecycle.funnel.criteria import ActivityCriterion, AllCriterion, AnyCriterion, Criterion
from lifecycle.funnel.parsing import default_funnel
from local.generator import HalfYear, generate
from local.generator.calendar import DAYS
from local.generator.origin import CAMPAIGNS
from local.generator.web import KEY_CONTENT, KEY_FORMS
from local.request import Activity, DealRemoval, DealUpdate, Decision

DAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def half_year() -> HalfYear:
    return generate(DAY)


def test_the_same_seed_and_size_give_the_same_half_year(half_year: HalfYear) -> None:
    assert generate(DAY) == half_year


def test_another_seed_gives_other_people(half_year: HalfYear) -> None:
    mine = {name for request in half_year.requests for name in request.names()}
    theirs = {name for request in generate(DAY, seed=7).requests for name in request.names()}
    assert not mine & theirs


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 60))
def test_ids_are_unique_for_every_seed(seed: int, prospects: int) -> None:
    ids = [
        request.id for request in generate(DAY, seed, prospects).requests if isinstance(request, Activity | Decision)
    ]
    assert len(set(ids)) == len(ids)


def test_a_larger_half_year_contains_the_stories_of_a_smaller_one() -> None:
    small = {request.id: request for request in generate(DAY, prospects=50).activities}
    large = {request.id: request for request in generate(DAY, prospects=200).activities}
    assert all(large[id_] == request for id_, request in small.items())


def test_a_half_year_of_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        generate(DAY, prospects=0)


def test_everything_happens_within_the_window(half_year: HalfYear) -> None:
    window = half_year.window
    assert window.end - window.start == timedelta(days=DAYS)
    assert all(window.start <= request.occurred_at < window.end for request in half_year.requests)


def test_another_day_gives_the_same_people_another_half_year(half_year: HalfYear) -> None:
    later = generate(DAY + timedelta(days=30))
    assert later.window.end - half_year.window.end == timedelta(days=30)
    first, same = half_year.activities[0].identities, later.activities
    assert any(activity.identities == first for activity in same)


def test_nothing_arrives_before_it_happens(half_year: HalfYear) -> None:
    assert all(delivery.arrived_at > delivery.request.occurred_at for delivery in half_year.deliveries)


def test_deliveries_come_in_order_of_arrival(half_year: HalfYear) -> None:
    arrivals = [delivery.arrived_at for delivery in half_year.deliveries]
    assert arrivals == sorted(arrivals)


def test_every_address_is_under_a_reserved_domain(half_year: HalfYear) -> None:
    emails = [value for request in half_year.requests for kind, value in request.names() if kind == "email"]
    assert emails
    assert all(email.endswith(".example") and email == email.lower() for email in emails)


def test_every_page_is_under_a_reserved_domain(half_year: HalfYear) -> None:
    urls = [activity.properties["url"] for activity in half_year.activities if "url" in activity.properties]
    assert urls
    assert all(url.startswith("https://www.tidewell.example/") for url in urls)


def test_a_decision_never_arrives_before_its_prospect_is_known(half_year: HalfYear) -> None:
    heard: set[tuple[str, str]] = set()
    for delivery in half_year.deliveries:
        if isinstance(delivery.request, Decision):
            assert delivery.request.names() <= heard
        heard |= delivery.request.names()


def test_a_withdrawal_never_arrives_before_what_it_withdraws(half_year: HalfYear) -> None:
    heard: set[str] = set()
    withdrawals = 0
    for delivery in half_year.deliveries:
        request = delivery.request
        if isinstance(request, Activity):
            heard.add(request.id)
        elif isinstance(request, Decision) and request.event_id:
            withdrawals += 1
            assert request.event_id in heard
    assert withdrawals


def test_an_acceptance_carries_the_four_bant_answers(half_year: HalfYear) -> None:
    accepts = [each for each in half_year.requests if isinstance(each, Decision) and each.action == "accept"]
    assert accepts
    assert all(set(accept.qualification) == {"budget", "authority", "need", "timeline"} for accept in accepts)


def test_a_disqualification_and_a_loss_carry_a_reason(half_year: HalfYear) -> None:
    disqualified = [each for each in half_year.requests if isinstance(each, Decision) and each.action == "disqualify"]
    lost = [each for each in half_year.requests if isinstance(each, DealUpdate) and each.status == "lost"]
    assert disqualified
    assert lost
    assert all(decision.reason for decision in disqualified)
    assert all(deal.lost_reason for deal in lost)


def test_what_the_web_site_calls_a_key_conversion_is_what_the_funnel_calls_so() -> None:
    criterion = default_funnel().stage("marketing_qualified").enter_when
    assert criterion is not None
    wanted = {each.where[0].name: set(each.where[0].tests[0].operand) for each in _activities(criterion)}
    assert wanted == {"form": set(KEY_FORMS), "content": set(KEY_CONTENT)}


def _activities(criterion: Criterion) -> list[ActivityCriterion]:
    if isinstance(criterion, AllCriterion | AnyCriterion):
        return [found for part in criterion.parts for found in _activities(part)]
    return [criterion] if isinstance(criterion, ActivityCriterion) else []


class TestEveryKindOfStoryIsToldByDefault:
    """What the demo is to show is there with the default seed and size."""

    def test_visitors_who_never_become_known(self, half_year: HalfYear) -> None:
        known = {a.identities.visitor for a in half_year.activities if a.identities.email}
        visitors = {a.identities.visitor for a in half_year.activities if a.identities.visitor}
        assert len(visitors - known) > 300

    def test_one_device_and_two_people(self, half_year: HalfYear) -> None:
        emails: dict[str, set[str]] = defaultdict(set)
        for activity in half_year.activities:
            if activity.identities.email and activity.identities.visitor:
                emails[activity.identities.visitor].add(activity.identities.email)
        assert any(len(people) > 1 for people in emails.values())

    def test_one_person_and_two_devices(self, half_year: HalfYear) -> None:
        visitors: dict[str, set[str]] = defaultdict(set)
        for activity in half_year.activities:
            if activity.identities.email and activity.identities.visitor:
                visitors[activity.identities.email].add(activity.identities.visitor)
        assert any(len(devices) > 1 for devices in visitors.values())

    def test_a_crm_id_first_and_the_email_later(self, half_year: HalfYear) -> None:
        by_id = {a.identities.crm for a in half_year.activities if a.identities.crm and not a.identities.email}
        both = {a.identities.crm for a in half_year.activities if a.identities.crm and a.identities.email}
        assert by_id & both

    def test_scanners_that_click_every_link_within_a_second(self, half_year: HalfYear) -> None:
        clicks: dict[tuple[str | None, str], list[Activity]] = defaultdict(list)
        for activity in half_year.activities:
            if activity.type == "email_click" and activity.properties.get("automated"):
                clicks[activity.identities.email, activity.properties["mailing"]].append(activity)
        assert clicks
        for burst in clicks.values():
            times = [click.occurred_at for click in burst]
            assert max(times) - min(times) < timedelta(seconds=1)
            assert len({click.properties["url"] for click in burst}) == 4
            assert all("scanner" in click.properties["automated_reason"] for click in burst)

    def test_bounces_of_both_kinds_and_unsubscriptions(self, half_year: HalfYear) -> None:
        bounces = {a.properties["bounce"] for a in half_year.activities if a.type == "email_bounce"}
        assert bounces == {"hard", "soft"}
        assert any(activity.type == "email_unsubscribe" for activity in half_year.activities)

    def test_nobody_is_mailed_after_a_hard_bounce(self, half_year: HalfYear) -> None:
        dead = {a.identities.email: a.occurred_at for a in half_year.activities if a.properties.get("bounce") == "hard"}
        sent = [a for a in half_year.activities if a.type == "email_sent" and a.identities.email in dead]
        assert all(mail.occurred_at < dead[mail.identities.email] for mail in sent)

    def test_deals_won_lost_reopened_deleted_and_with_a_contact_removed(self, half_year: HalfYear) -> None:
        updates = sorted(
            (each for each in half_year.requests if isinstance(each, DealUpdate)), key=lambda each: each.occurred_at
        )
        ways: dict[str, list[str]] = defaultdict(list)
        contacts: dict[str, list[int]] = defaultdict(list)
        for update in updates:
            if update.status:
                ways[update.deal_id].append(update.status)
            if update.contacts is not None:
                contacts[update.deal_id].append(len(update.contacts))
        told = Counter(" ".join(way) for way in ways.values())
        assert {"open", "open won", "open lost"} <= set(told)
        assert any(way.startswith("open lost open") for way in told)
        assert any(numbers != sorted(numbers) for numbers in contacts.values()), "a contact was removed"
        assert any(numbers[0] > 1 for numbers in contacts.values()), "several contacts"
        assert any(isinstance(each, DealRemoval) for each in half_year.requests)

    def test_roles_on_a_deal_differ(self, half_year: HalfYear) -> None:
        for update in half_year.requests:
            if isinstance(update, DealUpdate) and update.contacts:
                roles = [contact.role for contact in update.contacts]
                assert len(set(roles)) == len(roles)

    def test_advocates(self, half_year: HalfYear) -> None:
        assert any(a.type == "nps_response" and a.properties["score"] >= 9 for a in half_year.activities)

    def test_deals_that_arrive_in_the_wrong_order(self, half_year: HalfYear) -> None:
        last: dict[str, DealUpdate] = {}
        overtaken = 0
        for delivery in half_year.deliveries:
            deal = delivery.request
            if isinstance(deal, DealUpdate):
                overtaken += deal.deal_id in last and deal.occurred_at < last[deal.deal_id].occurred_at
                last[deal.deal_id] = deal
        assert overtaken

    def test_first_visits_name_where_they_come_from(self, half_year: HalfYear) -> None:
        sources = Counter(a.properties.get("utm_source") for a in half_year.activities if "origin" in a.properties)
        campaigns = {a.properties["utm_campaign"] for a in half_year.activities if "utm_campaign" in a.properties}
        assert len(sources) >= 6
        assert campaigns == {each.name for several in CAMPAIGNS.values() for each in several}

    def test_owners_and_changes_of_them(self, half_year: HalfYear) -> None:
        owners: dict[str, set[str]] = defaultdict(set)
        for activity in half_year.activities:
            if "owner" in activity.traits and activity.identities.email:
                owners[activity.identities.email].add(activity.traits["owner"])
        assert len({name for several in owners.values() for name in several}) == 5
        assert sum(len(several) > 1 for several in owners.values()) > 20

    def test_second_cycles_withdrawals_and_merges(self, half_year: HalfYear) -> None:
        told = Counter(each.action for each in half_year.requests if isinstance(each, Decision))
        assert told["set_stage"] > 10
        assert told["withdraw"] > 10
        assert told["merge"] > 3
        assert all(each.other for each in half_year.requests if isinstance(each, Decision) and each.action == "merge")

    def test_deals_that_are_won_before_anybody_heard_of_them(self, half_year: HalfYear) -> None:
        first: dict[str, DealUpdate] = {}
        for update in half_year.requests:
            if isinstance(update, DealUpdate) and update.status:
                known = first.setdefault(update.deal_id, update)
                first[update.deal_id] = min(known, update, key=lambda each: each.occurred_at)
        assert any(update.status == "won" for update in first.values())

    def test_two_currencies(self, half_year: HalfYear) -> None:
        assert {each.currency for each in half_year.requests if isinstance(each, DealUpdate) and each.amount} == {
            "EUR",
            "GBP",
        }

    def test_more_turn_up_towards_the_end(self, half_year: HalfYear) -> None:
        first: dict[str, float] = {}
        for activity in half_year.activities:
            if activity.identities.email:
                part = half_year.window.part(activity.occurred_at)
                first[activity.identities.email] = min(part, first.get(activity.identities.email, 1.0))
        assert sum(part >= 0.5 for part in first.values()) > sum(part < 0.5 for part in first.values())
