"""What the index by day lists: the transitions of a day, who became known on it without moving, and the deals lost."""

from __future__ import annotations

from lifecycle.steps import DayRow, LostDeal
from lifecycle.store.items import Item, format_time, listed_by_day, parse_time
from lifecycle.store.schema import BY_DAY, STATE, TRANSITION_PREFIX, deal_pk, owner_of
from lifecycle.store.step_text import parse_step

#: The cause that a report names where a prospect came in without moving.
KNOWN = "known"


def item_day_row(item: Item) -> DayRow | LostDeal:
    """What an item of the index stands for."""
    _, kind, id_ = owner_of(item["pk"])
    if kind == "D":
        return _lost_deal(id_, item)
    step = parse_step(item["step"]) if "step" in item else None
    if item["sk"] == STATE:
        assert step is not None  # noqa: S101 - it is listed for its step
        return DayRow(
            prospect_id=id_,
            sequence=0,
            occurred_at=step.entry.at,
            from_stage=step.to_stage,
            to_stage=step.to_stage,
            cause=KNOWN,
            funnel_version=step.entry.version,
            cycle=step.entry.cycle,
            corrected=False,
            step=step,
        )
    return DayRow(
        prospect_id=id_,
        sequence=int(item["sk"].removeprefix(TRANSITION_PREFIX)),
        occurred_at=parse_time(item["occurred_at"]),
        from_stage=item["from_stage"],
        to_stage=item["to_stage"],
        cause=item["cause"],
        funnel_version=int(item["funnel_version"]),
        cycle=int(item["cycle"]),
        corrected="corrected_by" in item,
        step=step,
    )


def deal_state_item(workspace: str, deal_id: str, updates: int, lost: LostDeal | None) -> Item:
    """What a deal came to that was lost once.

    Arguments:
        workspace: the workspace's id.
        deal_id: the deal's.
        updates: of how many entries of its log that is.
        lost: the loss; ``None`` where it is not lost any more.
    """
    item: Item = {"pk": deal_pk(workspace, deal_id), "sk": STATE, "updates": updates}
    if lost is not None:
        item["lost"] = {
            "at": format_time(lost.lost_at),
            "reason": lost.reason,
            "pipeline": lost.pipeline,
            "amount": lost.amount,
            "currency": lost.currency,
        }
        item |= listed_by_day(workspace, deal_id, lost.lost_at)
    return item


def item_lost_deal(item: Item) -> LostDeal | None:
    """The loss that the item of a deal tells of."""
    return _lost_deal(owner_of(item["pk"])[2], item) if BY_DAY.partition_key in item else None


def _lost_deal(deal_id: str, item: Item) -> LostDeal:
    lost = item["lost"]
    return LostDeal(
        deal_id=deal_id,
        lost_at=parse_time(lost["at"]),
        reason=lost.get("reason"),
        pipeline=lost.get("pipeline"),
        amount=lost.get("amount"),
        currency=lost.get("currency"),
    )
