"""The difference between two definitions: what is said of each kind of change, and that nothing goes unmentioned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecycle.funnel.changes.sentences import changes
from lifecycle.funnel.form.document import normalise, problems_of
from lifecycle.funnel.ready_made import ready_made, ready_made_names
from tests.random_funnels import next_definition, random_definition
from tests.unit.funnel.definitions import edits, spelled_out

Json = dict[str, Any]

VISIT = {"activity": {"type": "website_visit"}}
DEMO = {"activity": {"type": "form_submission", "direction": "inbound", "properties": {"form": "demo"}}}
KNOWN = {"known": "email"}
OPEN = {"deal": {"status": "open"}}
WON = {"deal": {"status": "won"}}


def stage(key: str, **fields: Any) -> Json:
    return {"key": key, "label": key.capitalize(), **fields}


def funnel(*stages: Mapping[str, Any], **fields: Any) -> Json:
    return {"name": "Ours", "stages": list(stages), **fields}


LEAD, TRIAL, CUSTOMER = stage("lead", enter_when=KNOWN), stage("trial", enter_when=VISIT), stage("customer")
OUT = stage("out", beside=True)


def said(old: Mapping[str, Any], new: Mapping[str, Any]) -> Sequence[str]:
    for definition in (old, new):
        assert problems_of(definition) == ()
    return changes(old, new)


def said_of_entry(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> str:
    before, now = ({} if one is None else {"enter_when": one} for one in (old, new))
    (sentence,) = said(funnel(stage("lead", **before)), funnel(stage("lead", **now)))
    return sentence.removeprefix('Stage "Lead": ')


# ---- stages ---------------------------------------------------------------------------------------------------------


def test_nothing_is_said_where_nothing_differs() -> None:
    assert said(funnel(LEAD, TRIAL), funnel(LEAD, TRIAL)) == ()


def test_a_new_stage_is_told_with_its_neighbours_its_owner_and_all_that_it_declares() -> None:
    trial = stage(
        "trial",
        owner="sales",
        enter_when=DEMO,
        description="Tries it.",
        colour="#ff0000",
        reopens=True,
        reported=False,
        time_limit="14 days",
        statuses=[{"key": "idle", "label": "Idle"}, {"key": "busy", "label": "Busy", "when": VISIT}],
        actions=["notify"],
        requires={"of": ["need"]},
        **{"from": "lead"},
    )

    assert said(funnel(LEAD, CUSTOMER), funnel(LEAD, trial, CUSTOMER)) == (
        (
            'Stage "Trial" is new, between "Lead" and "Customer", owned by sales.'
            " It is entered by one inbound form_submission whose form is demo. It does not count in reports."
            ' It takes prospects back from beside the ladder. Description: "Tries it." Colour: #ff0000.'
            ' Stages from which criteria lead in: "Lead". Requirement of the checklist: 1 of need.'
            ' Time limit: 14 days. Actions on entry: notify. Statuses: "Idle"; "Busy", by itself when one'
            " website_visit."
        ),
    )


@pytest.mark.parametrize(
    ("new", "place"),
    [
        (funnel(TRIAL, LEAD, OUT), 'at the bottom, below "Lead"'),
        (funnel(LEAD, TRIAL, OUT), 'at the top, above "Lead"'),
        (funnel(LEAD, OUT, TRIAL | {"beside": True}), 'beside the ladder, after "Out"'),
        (funnel(LEAD, TRIAL | {"beside": True}, OUT), 'beside the ladder, before "Out"'),
    ],
)
def test_a_new_stage_has_its_place(new: Json, place: str) -> None:
    assert said(funnel(LEAD, OUT), new) == (f'Stage "Trial" is new, {place}. It is entered by one website_visit.',)


def test_a_removed_stage_is_told_with_the_one_that_takes_over_its_prospects() -> None:
    old = funnel(LEAD, stage("pql", label="PQL"), CUSTOMER)

    assert said(old, funnel(LEAD | {"replaces": ["pql"]}, CUSTOMER)) == (
        'Stage "PQL" is removed; its prospects go to "Lead".',
    )
    assert said(old, funnel(LEAD, CUSTOMER)) == ('Stage "PQL" is removed; no stage takes over its prospects.',)


def test_a_new_key_is_a_renaming_where_the_stage_replaces_the_old_one() -> None:
    client = stage("client", replaces="customer")

    assert said(funnel(LEAD, CUSTOMER), funnel(LEAD, client)) == (
        'Stage "Customer" is now called "Client" (key customer -> client).',
    )
    assert said(funnel(LEAD, CUSTOMER), funnel(LEAD, client | {"label": "Customer"})) == (
        'Stage "Customer" has another key (customer -> client).',
    )


def test_taking_a_renaming_back_is_a_renaming() -> None:
    assert said(funnel(LEAD, stage("client", replaces="customer")), funnel(LEAD, CUSTOMER)) == (
        'Stage "Client" is now called "Customer" (key client -> customer).',
    )


def test_what_follows_from_a_renaming_is_not_told_again() -> None:
    def named(key: str, **fields: Any) -> Json:
        gone = stage(
            "gone",
            beside=True,
            enter_when={
                "all": [{"below": key}, {"at_least": {"count": 1, "of": [{"not": {"any": [{"below": key}]}}]}}]
            },
            statuses=[{"key": "long", "when": {"stage": {"in": [key, "lead"], "for": "3 days"}}}],
        )
        top = stage(key, label="Customer", **fields, **{"from": [key, "lead"]})
        return funnel(LEAD, top, gone, recycling=[{"from": key, "to": "lead"}, {"to": key}])

    assert said(named("customer"), named("client", replaces="customer")) == (
        'Stage "Customer" has another key (customer -> client).',
    )


def test_two_stages_that_become_one_are_removed() -> None:
    assert said(funnel(LEAD, TRIAL, CUSTOMER), funnel(LEAD, stage("buyer", replaces=["trial", "customer"]))) == (
        'Stage "Trial" is removed; its prospects go to "Buyer".',
        'Stage "Customer" is removed; its prospects go to "Buyer".',
        (
            'Stage "Buyer" is new, at the top, above "Lead". It is entered by a decision only.'
            ' It takes over the prospects of "Trial" and "Customer".'
        ),
    )


def test_a_moved_stage_is_the_only_one_that_moved() -> None:
    rest = [stage(key) for key in ("one", "two", "three")]

    assert said(funnel(LEAD, *rest, TRIAL), funnel(LEAD, TRIAL, *rest)) == (
        'Stage "Trial": now stands between "Lead" and "One"; before: at the top, above "Three".',
    )


def test_a_rank_moves_a_stage_and_a_rank_that_moves_nobody_is_not_told() -> None:
    old = funnel(LEAD | {"rank": 1}, TRIAL | {"rank": 2}, CUSTOMER | {"rank": 3})

    assert said(old, funnel(LEAD, TRIAL, CUSTOMER)) == ()
    assert said(old, funnel(LEAD | {"rank": 1}, TRIAL | {"rank": 9}, CUSTOMER | {"rank": 3})) == (
        'Stage "Trial": now stands at the top, above "Customer"; before: between "Lead" and "Customer".',
    )


def test_a_stage_that_steps_off_the_ladder() -> None:
    assert said(funnel(LEAD, TRIAL), funnel(LEAD, TRIAL | {"beside": True})) == (
        'Stage "Trial": now stands beside the ladder; before: at the top, above "Lead".',
    )


@pytest.mark.parametrize(
    ("old", "new", "phrase"),
    [
        ({}, {"owner": "sales"}, "owner now sales; before: none."),
        ({"owner": "sales"}, {"owner": "marketing"}, "owner now marketing; before: sales."),
        ({"description": "A."}, {"description": "B."}, 'description now "B."; before: "A."'),
        ({"colour": "#000000"}, {"colour": "#ffffff"}, "colour now #ffffff; before: #000000."),
        ({}, {"reported": False}, "no longer counts in reports."),
        ({"reported": False}, {}, "now counts in reports."),
        ({}, {"reopens": True}, "now takes prospects back from beside the ladder."),
        (
            {"allow_reversion": True},
            {},
            "no longer takes prospects back from higher stages when something new speaks for it.",
        ),
        ({}, {"anonymous": True, "reported": True}, "now holds the prospects without an email."),
        (
            {},
            {"from": ["lead", "customer"]},
            'stages from which criteria lead in now "Lead" or "Customer"; before: any.',
        ),
        ({}, {"decision": "accept"}, "decision that leads straight in now accept; before: none."),
        (
            {"time_limit": "5 days"},
            {"time_limit": "5 business days"},
            "time limit now 5 business days; before: 5 days.",
        ),
        ({}, {"lead_status": "SQL"}, "lead status now SQL; before: none."),
        ({"actions": ["a"]}, {"actions": ["a", "b"]}, "actions on entry now a, b; before: a."),
        (
            {"requires": {"of": ["need", "budget"]}},
            {"requires": {"of": ["need", "budget"], "at_least": 1, "always": "need"}},
            "requirement of the checklist now 1 of need, budget, need in any case; before: 2 of need, budget.",
        ),
        ({}, {"replaces": "old"}, "now takes over the prospects of old."),
        ({"replaces": ["old", "older"]}, {"replaces": "old"}, "no longer takes over the prospects of older."),
        (
            {"replaces": ["old", "older"]},
            {"replaces": ["older", "old"]},
            "lists the stages whose prospects it takes over in another order.",
        ),
    ],
)
def test_what_a_stage_declares(old: Json, new: Json, phrase: str) -> None:
    sentences = said(funnel(LEAD, stage("trial", **old), CUSTOMER), funnel(LEAD, stage("trial", **new), CUSTOMER))

    assert sentences == (f'Stage "Trial": {phrase}',)


def test_another_label() -> None:
    assert said(funnel(LEAD), funnel(LEAD | {"label": "Contact"})) == ('Stage "Lead" is now called "Contact".',)


def test_stages_of_one_label_are_told_apart_by_their_keys() -> None:
    twins = [stage("a", label="Twin"), stage("b", label="Twin")]

    assert said(funnel(*twins), funnel(twins[0], twins[1] | {"owner": "sales"})) == (
        'Stage "Twin" (b): owner now sales; before: none.',
    )


@pytest.mark.parametrize(
    ("old", "new", "phrases"),
    [
        (
            [{"key": "cold"}],
            [{"key": "cold"}, {"key": "warm", "label": "Warm", "when": VISIT}],
            ['new status "Warm", by itself when one website_visit'],
        ),
        ([{"key": "cold"}, {"key": "warm"}], [{"key": "cold"}], ['status "warm" is removed']),
        ([{"key": "cold"}], [{"key": "cold", "label": "Icy"}], ['status "Icy" is called so now; before: "cold"']),
        (
            [{"key": "cold"}],
            [{"key": "cold", "description": "Silent"}],
            ['status "cold": description now "Silent"; before: none'],
        ),
        (
            [{"key": "cold", "when": KNOWN}],
            [{"key": "cold"}],
            ['status "cold" now holds when somebody sets it; before: when an email is known'],
        ),
        (
            [{"key": "cold"}, {"key": "warm"}],
            [{"key": "warm"}, {"key": "cold"}],
            [
                'the statuses now stand in the order "warm", "cold"',
                'whoever enters now starts as "warm"; before: "cold"',
            ],
        ),
    ],
)
def test_statuses(old: list[Json], new: list[Json], phrases: list[str]) -> None:
    sentences = said(funnel(LEAD | {"statuses": old}), funnel(LEAD | {"statuses": new}))

    assert sentences == tuple(f'Stage "Lead": {phrase}.' for phrase in phrases)


# ---- criteria -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "phrase"),
    [
        (None, KNOWN, "now entered by an email is known; before: by a decision only."),
        (KNOWN, None, "now entered by a decision only; before: by an email is known."),
        (VISIT, WON, "now entered by a linked deal is won; before: by one website_visit."),
        (VISIT, {"any": [VISIT, WON]}, "also entered by a linked deal is won."),
        ({"any": [VISIT, WON]}, WON, "no longer entered by one website_visit."),
        (
            {"any": [VISIT, WON]},
            {"any": [VISIT, DEMO, OPEN]},
            (
                "also entered by one inbound form_submission whose form is demo or a linked deal is open;"
                " no longer entered by a linked deal is won."
            ),
        ),
        (
            {"any": [VISIT, WON]},
            {"any": [VISIT, OPEN]},
            "now entered by a linked deal is open instead of a linked deal is won.",
        ),
        (VISIT, {"all": [KNOWN, VISIT]}, "now also requires an email is known."),
        ({"all": [KNOWN, VISIT]}, VISIT, "no longer requires an email is known."),
        (
            {"all": [KNOWN, VISIT]},
            {"all": [KNOWN, WON]},
            "now requires a linked deal is won instead of one website_visit.",
        ),
        (
            {"all": [KNOWN, {"any": [VISIT, WON]}]},
            {"all": [KNOWN, {"any": [VISIT, WON, DEMO]}]},
            (
                "also entered by one inbound form_submission whose form is demo (together with what it takes as"
                " before: an email is known)."
            ),
        ),
        (
            {"at_least": {"count": 1, "of": [VISIT, WON]}},
            {"at_least": {"count": 2, "of": [VISIT, WON, DEMO]}},
            (
                "now takes 2 of 3 signals; before: 1 of 2; now also counts as a signal: one inbound form_submission"
                " whose form is demo."
            ),
        ),
        (
            {"at_least": {"count": 1, "of": [VISIT, WON]}},
            {"at_least": {"count": 2, "of": [VISIT, WON]}},
            "now takes 2 of 2 signals; before: 1 of 2.",
        ),
        ({"any": [VISIT, WON]}, {"any": [WON, VISIT]}, "its conditions stand in another order."),
        (
            {"any": [VISIT, WON, OPEN]},
            {"any": [OPEN, WON]},
            "no longer entered by one website_visit; its conditions stand in another order.",
        ),
        (
            VISIT,
            {"all": [KNOWN, {"any": [WON, OPEN]}, VISIT]},
            "now also requires an email is known and (a linked deal is won or a linked deal is open).",
        ),
    ],
)
def test_of_a_criterion_only_what_came_and_went_is_told(old: Json | None, new: Json | None, phrase: str) -> None:
    assert said_of_entry(old, new) == phrase


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"attribute": {"trait": "size", "equals": 1}}, {"attribute": {"trait": "size", "equals": "1"}}),
        ({"attribute": {"trait": "size", "in": ["a, b"]}}, {"attribute": {"trait": "size", "in": ["a", "b"]}}),
        (VISIT, {"any": [VISIT]}),
        ({"any": [VISIT, {"any": [WON, OPEN]}]}, {"any": [VISIT, WON, OPEN]}),
        (
            {"all": [KNOWN, {"attribute": {"trait": "size", "equals": 1}}]},
            {"all": [KNOWN, {"attribute": {"trait": "size", "equals": "1"}}]},
        ),
    ],
)
def test_criteria_that_read_alike_are_told_apart(old: Json, new: Json) -> None:
    assert said_of_entry(old, new) != said_of_entry(new, old)


def test_one_meaning_in_two_notations_is_no_difference() -> None:
    old = {"activity": {"type": "review", "properties": {"rating": 4, "site": {"equals": "G2"}}}}
    new = {"activity": {"type": "review", "count": 1, "properties": {"site": "G2", "rating": Decimal("4.0")}}}

    assert said(funnel(LEAD | {"enter_when": old}), funnel(LEAD | {"enter_when": new})) == ()


# ---- all the rest ---------------------------------------------------------------------------------------------------

SIZE = {"attribute": {"trait": "size", "at_least": 50}}


@pytest.mark.parametrize(
    ("old", "new", "sentences"),
    [
        (
            {"score": {"weights": {"website_visit": 1}}},
            {"score": {"weights": {"website_visit": 2}}},
            ["An inbound website_visit is worth 2 points instead of 1."],
        ),
        (
            {},
            {"score": {"weights": {"referral": 9}}},
            ["An inbound referral is worth 9 points of its own instead of 1 like any other activity."],
        ),
        (
            {"score": {"weights": {"referral": 9}}},
            {},
            ["An inbound referral is worth 1 point like any other activity instead of 9 of its own."],
        ),
        ({}, {"score": {"other": 0}}, ["Any other inbound activity is worth 0 points instead of 1."]),
        ({}, {"score": {"half_life": "30 days"}}, ["Half-life of points now 30 days; before: none."]),
        (
            {"score": {"rules": [{"activity": {"type": "call"}, "points": 3}]}},
            {
                "score": {
                    "rules": [
                        {"activity": {"direction": "inbound"}, "points": 5},
                        {"activity": {"type": "call"}, "points": 4},
                    ]
                }
            },
            [
                "Score: now 5 points for one inbound activity, as number 1 of 2.",
                "Score: now 4 points instead of 3 for one call.",
            ],
        ),
        (
            {"score": {"fit": [{**SIZE, "points": 20}]}},
            {"score": {"fit": [{"attribute": {"email": "free_mail"}, "points": -1}]}},
            [
                "Fit: now -1 point for the email is at a free provider.",
                "Fit: no longer 20 points for the size is at least 50.",
            ],
        ),
        (
            {},
            {"recycling": [{"reason": "budget", "to": "lead"}]},
            ['Lost deals: prospects whose deal was lost because of "budget" now go to "Lead".'],
        ),
        (
            {"recycling": [{"from": "trial", "to": "lead"}, {"to": "out"}]},
            {"recycling": [{"from": "trial", "to": "out"}]},
            [
                'Lost deals: prospects no longer go to "Out".',
                'Lost deals: prospects in "Trial" now go to "Out" instead of "Lead".',
            ],
        ),
        (
            {"recycling": [{"from": "trial", "to": "lead"}, {"to": "out"}]},
            {"recycling": [{"to": "out"}, {"from": "trial", "to": "lead"}]},
            ['Lost deals: the rules now count in the order: prospects to "Out"; prospects in "Trial" to "Lead".'],
        ),
        (
            {},
            {"qualification": [{"key": "need", "label": "Need", "question": "What for?", "met_when": SIZE}]},
            ['Checklist: question "Need" ("What for?") is new, met by itself when the size is at least 50.'],
        ),
        ({"qualification": [{"key": "need"}]}, {}, ['Checklist: question "need" is removed.']),
        (
            {"qualification": [{"key": "need"}]},
            {"qualification": [{"key": "need", "label": "Need", "question": "What for?", "met_when": SIZE}]},
            [
                'Checklist: question "need" is now called "Need".',
                'Checklist: question "Need": wording now "What for?"; before: none.',
                (
                    'Checklist: question "Need" is now met when the size is at least 50; before: when somebody answers'
                    " it."
                ),
            ],
        ),
        (
            {"qualification": [{"key": "need"}, {"key": "budget"}]},
            {"qualification": [{"key": "budget"}, {"key": "need"}]},
            ['Checklist: the questions now stand in the order "budget", "need".'],
        ),
        (
            {"competitor_domains": ["a.example", "B.example"]},
            {"competitor_domains": ["c.example", "d.example", "b.example"]},
            ["Competitor domains: c.example, d.example added; a.example removed."],
        ),
        (
            {},
            {
                "business_time": {
                    "time_zone": "Europe/Berlin",
                    "weekdays": ["sunday", "monday"],
                    "opens": "08:00",
                    "holidays": ["2026-12-25"],
                }
            },
            [
                "Business time: time zone now Europe/Berlin; before: UTC.",
                (
                    "Business time: working days now Monday, Sunday; before: Monday, Tuesday, Wednesday, Thursday,"
                    " Friday."
                ),
                "Business time: hours now 08:00 to 17:00; before: 09:00 to 17:00.",
                "Business time: holidays: 2026-12-25 added.",
            ],
        ),
        (
            {},
            {"on_publication": "by_criteria"},
            ["Coming into force now moves back those who do not meet their stage any more; before: moves nobody back."],
        ),
        (
            {"retention": {"activities": {"website_visit": "1 week", "email_open": "90 days"}}},
            {"retention": {"activities": {"website_visit": "90 days"}, "default": "2 weeks"}},
            [
                (
                    "Privacy: each email_open is now deleted 2 weeks after it occurred like any other; before:"
                    " deleted 90 days after it occurred."
                ),
                (
                    "Privacy: each website_visit is now deleted 90 days after it occurred; before: deleted 1 week after"
                    " it occurred."
                ),
                "Privacy: any other activity is now deleted 2 weeks after it occurred; before: kept for ever.",
            ],
        ),
        ({}, {"name": "Theirs"}, ['The funnel is now called "Theirs"; before: "Ours".']),
        ({}, {"description": "Why."}, ['Description of the funnel now "Why."; before: none.']),
    ],
)
def test_everything_beside_the_stages(old: Json, new: Json, sentences: list[str]) -> None:
    assert said(funnel(LEAD, TRIAL, OUT, **old), funnel(LEAD, TRIAL, OUT) | new) == tuple(sentences)


def test_stages_come_first_in_the_order_of_the_ladder_then_the_rest() -> None:
    old = funnel(LEAD, TRIAL, CUSTOMER, OUT)
    new = funnel(*(one | {"owner": "sales"} for one in (OUT, LEAD, CUSTOMER)), name="Theirs", score={"other": 2})

    assert [sentence.split(":")[0] for sentence in said(old, new)] == [
        'Stage "Lead"',
        'Stage "Trial" is removed; no stage takes over its prospects.',
        'Stage "Customer"',
        'Stage "Out"',
        "Any other inbound activity is worth 2 points instead of 1.",
        'The funnel is now called "Theirs"; before',
    ]


# ---- nothing goes unmentioned ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ready_made_names())
def test_whatever_is_changed_is_mentioned_and_nothing_else(name: str) -> None:
    definition = ready_made(name)
    before, mentioned = spelled_out(definition), 0
    for number, (path, edited) in enumerate(edits(definition)):
        # There and back in turn: both would take twice the time.
        pair = (definition, edited) if number % 2 else (edited, definition)
        try:
            sentences = changes(*pair)
        except (KeyError, ValueError, TypeError, AttributeError):
            assert problems_of(edited), f"{path}: a definition that cannot be compared"
            continue
        differ = spelled_out(edited) != before
        assert bool(sentences) is differ or problems_of(edited), path
        mentioned += differ

    assert mentioned > 50


@pytest.mark.parametrize("one", ready_made_names())
@pytest.mark.parametrize("other", ready_made_names())
def test_two_ready_definitions_differ_unless_they_are_one(one: str, other: str) -> None:
    assert bool(changes(ready_made(one), ready_made(other))) is (one != other)


@settings(deadline=None)
@given(seed=st.integers(0, 2**32))
def test_there_are_no_changes_if_and_only_if_two_definitions_say_the_same(seed: int) -> None:
    random = Random(seed)
    first = random_definition(random)
    second = next_definition(random, [first])

    assert (changes(first, second) == ()) is (spelled_out(normalise(first)) == spelled_out(normalise(second)))
    assert changes(first, deepcopy(first)) == ()


DURATIONS = st.sampled_from(("1 day", "24 hours", "90 days"))
RETENTIONS = st.fixed_dictionaries(
    {}, optional={"default": DURATIONS, "activities": st.dictionaries(st.sampled_from("abc"), DURATIONS)}
)


@given(RETENTIONS, RETENTIONS)
def test_every_change_of_what_is_kept_how_long_is_mentioned(one: Json, other: Json) -> None:
    first, second = (funnel(LEAD, TRIAL, OUT, retention=retention) for retention in (one, other))

    assert (changes(first, second) == ()) is (spelled_out(first) == spelled_out(second))


@settings(deadline=None)
@given(seed=st.integers(0, 2**32))
def test_the_order_of_fields_changes_no_sentence(seed: int) -> None:
    random = Random(seed)
    first = random_definition(random)
    second = next_definition(random, [first])

    assert changes(first, second) == changes(_turned(first), _turned(second))


def _turned(value: Any) -> Any:
    """A document with the fields of its objects the other way round, but for the kinds of comparison in sentences."""
    if isinstance(value, dict):
        if "trait" in value or "properties" in value:
            return value
        return {name: _turned(value[name]) for name in reversed(value)}
    return [_turned(one) for one in value] if isinstance(value, list) else value
