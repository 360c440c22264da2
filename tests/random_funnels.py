"""Definitions of funnels, made up by chance: every kind of criterion and every rule of a stage, small enough to happen.

They are documents as people write them. All that they ask about is what ``random_logs`` makes happen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from decimal import Decimal
from random import Random
from typing import Any

#: Keys of stages, which versions of a funnel share: those on the ladder, from bottom to top, and those beside it.
LADDER = ("cold", "warm", "hot", "ready", "buyer", "fan")
BESIDE = ("out", "parked", "partner")
QUESTIONS = ("budget", "need", "timeline")
PERIODS = ("6 hours", "12 hours", "1 day", "2 days", "3 days", "1 week")

Definition = dict[str, Any]
Data = dict[str, Any]


def random_definition(random: Random, before: Mapping[str, Any] | None = None) -> Definition:
    """A funnel of two to five stages on the ladder and up to two beside it.

    Arguments:
        random: the chance.
        before: an earlier version, whose stages that this one lacks may be replaced by some of this one's.
    """
    ladder = sorted(random.sample(LADDER, random.randint(2, 5)), key=LADDER.index)
    if random.random() < 0.1:
        random.shuffle(ladder)
    beside = random.sample(BESIDE, random.choice((0, 1, 1, 1, 2)))
    maker = _Maker(random, ladder)
    definition: Definition = {
        "stages": [*(maker.on_ladder(key) for key in ladder), *(maker.beside(key) for key in beside)],
        "qualification": [maker.question(key) for key in QUESTIONS],
        "score": maker.score(),
        "recycling": maker.recycling([*ladder, *beside]) if random.random() < 0.4 else [],
        "competitor_domains": ["rival.example"],
        "on_publication": random.choice(("forward_only", "by_criteria")),
    }
    _straight(random, definition["stages"])
    _replace(random, definition["stages"], before)
    if random.random() < 0.1:
        _rank(random, definition["stages"], len(ladder))
    return definition


def next_definition(random: Random, earlier: Sequence[Definition]) -> Definition:
    """What is published after some versions: other criteria, another funnel, or one of the earlier versions again."""
    chance = random.random()
    if chance < 0.2:
        return random.choice(earlier)
    if chance < 0.6:
        return random_definition(random, earlier[-1])
    changed = deepcopy(earlier[-1])
    maker = _Maker(random, [stage["key"] for stage in changed["stages"] if not stage.get("beside")])
    for stage in random.sample(changed["stages"], min(2, len(changed["stages"]))):
        if "enter_when" in stage:
            stage["enter_when"] = maker.criterion(stage["key"])
    if random.random() < 0.5:
        changed["score"] = maker.score()
    changed["on_publication"] = random.choice(("forward_only", "by_criteria"))
    return changed


def _straight(random: Random, stages: list[Data]) -> None:
    """Some stages are what a kind of decision leads straight to."""
    for stage in stages:
        if stage.get("beside") and random.random() < 0.5:
            stage["decision"] = "disqualify"
            break
    if random.random() < 0.2:
        stages[random.randrange(1, 2)]["decision"] = "accept"


def _replace(random: Random, stages: list[Data], before: Mapping[str, Any] | None) -> None:
    kept = {stage["key"] for stage in stages}
    for old in before["stages"] if before else ():
        if old["key"] not in kept and random.random() < 0.4:
            alike = [stage for stage in stages if stage.get("beside", False) == old.get("beside", False)]
            heir = random.choice(alike if alike and random.random() < 0.9 else stages)
            heir.setdefault("replaces", []).append(old["key"])


def _rank(random: Random, stages: list[Data], ladder: int) -> None:
    """Give the ladder ranks, and list it in another order."""
    for rank, stage in enumerate(stages[:ladder]):
        stage["rank"] = rank * 10
    random.shuffle(stages)


class _Maker:
    """Makes the parts of a definition whose ladder is known."""

    def __init__(self, random: Random, ladder: Sequence[str]) -> None:
        self._random = random
        self._ladder = ladder

    def _happens(self, chance: float) -> bool:
        return self._random.random() < chance

    # ---- stages ---------------------------------------------------------------------------------------------------

    def on_ladder(self, key: str) -> Data:
        """A stage of the ladder; the lowest is usually where everybody begins."""
        lowest = key == self._ladder[0]
        stage: Data = {"key": key}
        if lowest and self._happens(0.3):
            stage["anonymous"] = True
        if self._happens(0.2 if lowest else 0.92):
            stage["enter_when"] = self.criterion(key)
        if self._happens(0.3):
            stage["reopens"] = True
        if self._happens(0.3):
            stage["allow_reversion"] = True
            if self._happens(0.6):
                stage["enter_when"] = self.activity()
        return self._bounded(stage)

    def beside(self, key: str) -> Data:
        """A stage beside the ladder."""
        stage: Data = {"key": key, "beside": True}
        if self._happens(0.6):
            stage["enter_when"] = {"all": [self.criterion(key, depth=1), self.activity()]}
        return self._bounded(stage)

    def _bounded(self, stage: Data) -> Data:
        if self._happens(0.12):
            others = [key for key in self._ladder if key != stage["key"]]
            stage["from"] = self._random.sample(others, self._random.randint(1, len(others)))
        if self._happens(0.2):
            asked = self._random.sample(QUESTIONS, self._random.randint(1, 3))
            stage["requires"] = {"of": asked, "at_least": self._random.randint(1, len(asked))}
            if self._happens(0.3):
                stage["requires"]["always"] = asked[0]
        return stage

    def question(self, key: str) -> Data:
        """A question of the checklist, which a trait may answer."""
        return {"key": key, "met_when": self.attribute()} if self._happens(0.3) else {"key": key}

    def recycling(self, keys: Sequence[str]) -> list[Data]:
        """One or two rules for the lost: down the ladder, or off it."""
        rules = []
        for _ in range(self._random.randint(1, 2)):
            target = self._random.choice([key for key in keys if key != self._ladder[-1]])
            rule: Data = {"to": target}
            if self._happens(0.5):
                rule["reason"] = self._random.choice(("timing", ["price", "timing"]))
            if self._happens(0.5):
                above = self._ladder[self._ladder.index(target) + 1 :] if target in self._ladder else self._ladder
                rule["from"] = self._random.sample(above, self._random.randint(1, len(above)))
            rules.append(rule)
        return rules

    def score(self) -> Data:
        """Points for what was done and for what somebody is."""
        score: Data = {"weights": {"website_visit": 1, "form_submission": self._random.randint(2, 6)}, "other": 2}
        if self._happens(0.4):
            score["rules"] = [
                {"activity": self.activity(plain=True)["activity"], "points": self._random.choice((-2, 3, 8))}
                for _ in range(self._random.randint(1, 2))
            ]
        if self._happens(0.3):
            score["half_life"] = self._random.choice(PERIODS[2:])
        if self._happens(0.4):
            score["fit"] = [{"attribute": self.attribute()["attribute"], "points": self._random.choice((-1, 2, 5))}]
        return score

    # ---- criteria -------------------------------------------------------------------------------------------------

    def criterion(self, of: str, depth: int = 2) -> Data:
        """A criterion of a stage."""
        if depth and self._happens(0.45):
            return self._compound(of, depth)
        kinds: list[tuple[int, Callable[[], Data]]] = [
            (6, self.activity),
            (3, lambda: {"score": {"at_least": self._random.randint(2, 10)}}),
            (3, self.attribute),
            (3, self.deal),
            (1, lambda: {"known": "email"}),
            (2, lambda: {"decision": self._random.choice(("accept", "accept", "disqualify"))}),
            (2, lambda: self.time_in_stage(of)),
            (1, lambda: {"below": self._random.choice(self._ladder)}),
        ]
        return self._random.choices([make for _, make in kinds], [weight for weight, _ in kinds])[0]()

    def _compound(self, of: str, depth: int) -> Data:
        parts = [self.criterion(of, depth - 1) for _ in range(self._random.randint(2, 3))]
        kind = self._random.choice(("all", "all", "any", "at_least", "not", "not"))
        if kind == "not":
            asked = parts[0] if self._happens(0.6) else self.fading()
            return {"not": asked} if self._happens(0.3) else {"all": [parts[1], {"not": asked}]}
        if kind == "at_least":
            return {"at_least": {"count": self._random.randint(1, len(parts)), "of": parts}}
        return {kind: parts}

    def fading(self) -> Data:
        """A criterion that stops to hold by the passing of time."""
        if self._happens(0.3):
            return {"score": {"at_least": self._random.randint(1, 4)}}
        faded = self.activity()
        faded["activity"].setdefault("within", self._random.choice(PERIODS))
        return faded

    def time_in_stage(self, of: str) -> Data:
        """A time in a stage, mostly in one from which there is a way up."""
        lower = self._ladder[: self._ladder.index(of)] if of in self._ladder else self._ladder
        stages = self._random.sample(lower or self._ladder, 1) if self._happens(0.7) else list(self._ladder)
        return {"stage": {"in": stages[0] if len(stages) == 1 else stages, "for": self._random.choice(PERIODS)}}

    def activity(self, *, plain: bool = False) -> Data:
        """Some activities of a type, a direction, with certain properties, within a period."""
        content: Data = {}
        type_ = self._random.choice(("website_visit", "form_submission", "review", "call", None))
        if type_:
            content["type"] = type_
        if not type_ or self._happens(0.2):
            content["direction"] = self._random.choice(("inbound", "inbound", "outbound", "internal"))
        if self._happens(0.4):
            name = {"form_submission": "form", "review": "rating", "call": "topics"}.get(type_ or "", "page.path")
            content["properties"] = {name: self._comparison(name)}
        if not plain and self._happens(0.35):
            content["count"] = self._random.randint(2, 3)
        if not plain and self._happens(0.3):
            content["within"] = self._random.choice(PERIODS)
        return {"activity": content}

    def _comparison(self, name: str) -> Any:
        choices: dict[str, tuple[Any, ...]] = {
            "form": ("demo", {"in": ["demo", "trial"]}, {"present": False}, {"equals": "news"}),
            "rating": (4, {"at_least": 4}, {"at_least": 2, "at_most": Decimal("4.5")}, {"present": True}),
            "topics": ({"equals": "price"}, {"matches": "^pri"}, {"in": ["price", "law"]}),
            "page.path": ({"matches": "pric|plan"}, "/pricing", {"present": True}),
        }
        return self._random.choice(choices[name])

    def attribute(self) -> Data:
        """What somebody is, or where the email is."""
        options: tuple[Data, ...] = (
            {"trait": "country", "in": ["DE", "FR"]},
            {"trait": "country", "present": False},
            {"trait": "company.size", "at_least": 50},
            {"trait": "company.size", "at_least": 10, "at_most": 100},
            {"trait": "vip", "equals": True},
            {"trait": "title", "matches": "(?i)head|chief"},
            {"trait": "tags", "equals": "a"},
            {"email": "free_mail"},
            {"email": "competitor"},
            {"email": "business"},
        )
        return {"attribute": dict(self._random.choice(options))}

    def deal(self) -> Data:
        """A deal of a status, a role, a pipeline, an amount."""
        content: Data = {}
        if self._happens(0.85):
            content["status"] = self._random.choice(("open", "open", "won", "lost"))
        if self._happens(0.25):
            content["roles"] = self._random.choice((["buyer"], ["buyer", "user"]))
        if self._happens(0.2):
            content["pipelines"] = self._random.choice((["new"], ["new", "renewal"]))
        if self._happens(0.25):
            content["amount"] = dict(
                self._random.choice(
                    (
                        {"at_least": 100},
                        {"at_most": 100},
                        {"at_least": 50, "at_most": 500, "currency": "EUR"},
                    )
                )
            )
        return {"deal": content}
