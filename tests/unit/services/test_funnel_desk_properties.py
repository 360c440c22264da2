"""Whatever two teams do to their funnel, in whatever order: only what both signed comes into force, nothing is lost."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from lifecycle.funnel.form.document import content_hash
from lifecycle.services.errors import LifecycleError
from lifecycle.services.funnel_versions import version_at
from lifecycle.services.publishing import When
from lifecycle.store.funnel_records import Team, VersionRecord
from tests.fakes.reception import Reception, funnel

PEOPLE = ("Ann", "ann ", "\uff21NN", "Sam", "SAM", "Kim")
NAMES = ("One", "Two", "Three")

people = st.sampled_from(PEOPLE)
names = st.sampled_from(NAMES)
teams: st.SearchStrategy[Team] = st.sampled_from(["marketing", "sales"])
drafts = st.integers(0, 3)
versions = st.integers(1, 6)
delays = st.none() | st.integers(1, 50).map(lambda minutes: timedelta(minutes=minutes))


class TwoTeams(RuleBasedStateMachine):
    """Requests in any order, those that are refused among them."""

    def __init__(self) -> None:
        super().__init__()
        self.reception = Reception()
        self.desk = self.reception.desk
        self.draft_ids = [self.reception.draft(funnel(name=name)) for name in NAMES[:2]]
        self.published: dict[int, VersionRecord] = {}
        self.unsigned: set[int] = set()

    @rule(name=names)
    def make_a_draft(self, name: str) -> None:
        self.draft_ids.append(self.reception.draft(funnel(name=name)))

    @rule(draft=drafts, name=names)
    def change_a_draft(self, draft: int, name: str) -> None:
        with suppress(LifecycleError):
            self.desk.change_draft(self._draft(draft), funnel(name=name), None, self.reception.now)

    @rule(draft=drafts, team=teams, by=people)
    def sign(self, draft: int, team: Team, by: str) -> None:
        with suppress(LifecycleError):
            self.desk.sign(self._draft(draft), team, by, None, self.reception.now)

    @rule(draft=drafts, by=people, other=people)
    def sign_for_both(self, draft: int, by: str, other: str) -> None:
        self.sign(draft, "marketing", by)
        self.sign(draft, "sales", other)

    @rule(draft=drafts, team=teams)
    def take_back(self, draft: int, team: Team) -> None:
        with suppress(LifecycleError):
            self.desk.take_signature_back(self._draft(draft), team, self.reception.now)

    @rule(draft=drafts, delay=delays)
    def publish(self, draft: int, delay: timedelta | None) -> None:
        with suppress(LifecycleError):
            self.desk.publish(self._draft(draft), None, "Ann", self._when(delay))
        self._look_again()

    @rule(name=names, by=people, other=people, delay=delays)
    def go_all_the_way(self, name: str, by: str, other: str, delay: timedelta | None) -> None:
        self.make_a_draft(name)
        self.sign_for_both(len(self.draft_ids) - 1, by, other)
        self.publish(len(self.draft_ids) - 1, delay)

    @rule(version=versions, delay=delays)
    def roll_back(self, version: int, delay: timedelta | None) -> None:
        with suppress(LifecycleError):
            self.desk.roll_back(version, "Ann", None, self._when(delay))
        self._look_again()

    @rule(version=versions)
    def cancel(self, version: int) -> None:
        with suppress(LifecycleError):
            self.desk.cancel(version, self.reception.now)
        self._look_again()

    @rule(required=st.booleans())
    def require_signatures(self, required: bool) -> None:
        self.desk.require_signatures(required, self.reception.now)

    @rule(minutes=st.integers(1, 60))
    def let_time_pass(self, minutes: int) -> None:
        self.reception.now += timedelta(minutes=minutes)

    def _draft(self, number: int) -> str:
        return self.draft_ids[number % len(self.draft_ids)]

    def _when(self, delay: timedelta | None) -> When:
        now = self.reception.now
        return When(now, None if delay is None else now + delay)

    def _look_again(self) -> None:
        """Nothing that was published is lost or changed, but that it is called off."""
        now = {record.version: record for record in self.reception.records.versions()}
        for number, before in self.published.items():
            assert replace(now[number], cancelled_at=None) == replace(before, cancelled_at=None)
            assert before.cancelled_at in (None, now[number].cancelled_at)
        assert sorted(now) == list(range(2, len(now) + 2))
        if not self.reception.records.head().signatures_required:
            self.unsigned |= now.keys() - self.published.keys()
        self.published = now

    @invariant()
    def what_was_published_is_what_two_people_signed_for_two_teams(self) -> None:
        for record in self.published.values():
            assert record.content_hash == content_hash(record.definition)
            if record.restores is None and record.version not in self.unsigned:
                marketing, sales = sorted(record.signatures)
                assert (marketing.team, sales.team) == ("marketing", "sales")
                assert marketing.content_hash == sales.content_hash == record.content_hash
                assert not all(signature.by in PEOPLE[:3] for signature in record.signatures)
                assert not all(signature.by in PEOPLE[3:5] for signature in record.signatures)

    @invariant()
    def one_version_after_the_other_is_in_force(self) -> None:
        head, now = self.reception.records.head(), self.reception.now
        begins = [term.effective_at for term in head.terms if term.effective_at is not None]
        assert begins == sorted(set(begins))
        assert sum(begin > now for begin in begins) <= 1
        assert [term.version for term in head.terms] == [
            1,
            *(number for number, record in self.published.items() if record.cancelled_at is None),
        ]
        assert self.desk.in_force(now).in_force.version == version_at(head, now)

    @invariant()
    def every_publication_and_every_signature_is_told_of_once(self) -> None:
        told = self.reception.records.audit
        counts = Counter(entry.action for entry in told)
        assert counts["funnel.published"] + counts["funnel.rolled_back"] == len(self.published)
        assert counts["version.cancelled"] == sum(record.cancelled_at is not None for record in self.published.values())
        known = {entry.subject.id: entry.difference.after for entry in told if entry.subject.kind == "draft"}
        for draft in self.desk.drafts():
            teams = [signature["team"] for signature in (known.get(draft.draft_id) or {}).get("signatures", ())]
            assert teams == [signature.team for signature in draft.signatures]
        settings = [entry.difference for entry in told if entry.action == "settings.changed"]
        assert all(earlier.after == later.before for earlier, later in pairwise(settings))

    @invariant()
    def a_draft_has_the_words_of_different_people_for_what_it_says(self) -> None:
        for draft in self.desk.drafts():
            assert {signature.content_hash for signature in draft.signatures} <= {draft.content_hash}
            assert len({signature.team for signature in draft.signatures}) == len(draft.signatures)

    @invariant()
    def everybody_is_evaluated_anew_by_what_came_into_force_at_once(self) -> None:
        started = {version for version, _ in self.reception.reevaluated}
        due = {int(timer.id) for timer in self.reception.records.due_until(self.reception.now + timedelta(days=1), 100)}
        called_off = {number for number, record in self.published.items() if record.cancelled_at}
        assert self.published.keys() == started | due | called_off


TwoTeams.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestTwoTeams = TwoTeams.TestCase
