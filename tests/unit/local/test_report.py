"""What is printed, from answers as the API gives them."""

from io import StringIO
from typing import Any

from rich.console import Console, RenderableType

from local.checks import Check
from local.report import checks_table, rejections, standing, transitions_table


def printed(*what: RenderableType) -> str:
    console = Console(file=StringIO(), width=160)
    console.print(*what, sep="\n")
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def row(text: str, first: str) -> list[str]:
    line = next(line for line in text.splitlines() if line.strip(" │").startswith(first))
    return [cell.strip() for cell in line.strip().strip("│").split("│")]


def transition(**changes: Any) -> dict[str, Any]:
    plain = {
        "sequence": 1,
        "from": "engaged",
        "to": "sales_qualified",
        "occurred_at": "2026-03-04T09:30:12Z",
        "cause": "rule",
        "criterion": "decision accept",
        "evidence": ["r-1"],
        "actor": None,
        "reason": None,
        "cycle": 1,
        "corrected_by": None,
    }
    return {"kind": "transition"} | plain | changes


FORM = {
    "kind": "activity",
    "event_id": "a-1",
    "occurred_at": "2026-03-03T08:00:00Z",
    "type": "form_submission",
    "properties": {"form": "demo"},
}
ACCEPT = {"kind": "decision", "event_id": "r-1", "occurred_at": "2026-03-04T09:30:12Z", "action": "accept"}


def test_transitions_come_oldest_first_with_their_evidence() -> None:
    timeline = [
        transition(sequence=2, actor="sam", reason="budget confirmed", cycle=2, corrected_by="w-1"),
        ACCEPT,
        transition(sequence=1, criterion="a key form", evidence=["a-1"], to="marketing_qualified"),
        FORM,
    ]
    text = printed(transitions_table("The way of ann", timeline))
    first, second = text.index("a key form"), text.index("decision accept")
    assert first < second
    assert "form_submission form=demo, 2026-03-03 08:00" in text
    assert "decision accept, 2026-03-04 09:30" in text
    assert "by sam: budget confirmed" in text
    assert "cycle 2" in text
    assert "corrected since" in text


def test_long_evidence_is_cut_and_counted() -> None:
    text = printed(transitions_table("x", [transition(evidence=[f"e-{number}" for number in range(10)])]))
    assert "e-2" in text
    assert "e-3" not in text
    assert "and 7 more" in text


def test_standing_says_why_and_what_comes_next() -> None:
    explanation = {
        "stage": "sales_qualified",
        "since": "2026-03-04T09:30:12Z",
        "because": transition(),
        "next": [{"stage": "opportunity", "criterion": {"met": False, "sentence": "a linked deal is open"}}],
    }
    text = printed(standing(explanation))
    assert "Now sales_qualified since 2026-03-04 09:30, because: decision accept" in text
    assert "Not yet opportunity: a linked deal is open" in text


def test_checks_show_both_numbers_and_whether_they_agree() -> None:
    text = printed(checks_table([Check("customers", 842, 842), Check("events", 157, 160)]))
    assert row(text, "customers") == ["customers", "842", "842", "agrees"]
    assert row(text, "events") == ["events", "157", "160", "differs"]


def test_rejections_are_cut_counted_and_never_taken_for_markup() -> None:
    assert rejections([]) == []
    text = printed(*rejections([f"deal {number} [bold]" for number in range(12)]))
    assert "deal 9 [bold]" in text
    assert "deal 10" not in text
    assert "and 2 more" in text
