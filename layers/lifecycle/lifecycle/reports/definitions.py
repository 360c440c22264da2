"""What every number means: the words that reports print beside it, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

DEFINITIONS: Mapping[str, str] = MappingProxyType(
    {
        "everything": (
            "Counted are prospects who are known: an email address or a deal of theirs is. Anonymous visitors are "
            "in no number. Dates are those on which things truly happened, in the workspace's time zone, also "
            "when they became known later; so a number of a past day changes when late or corrected facts about "
            "that day arrive."
        ),
        "stock": (
            "Prospects who were in the stage when the period ended; for a period that is not over, who are in it now."
        ),
        "stock_before": (
            "Prospects who were in the stage when the period began. Stock before, plus entered, minus left, is "
            "the stock."
        ),
        "entered": (
            "Entries into the stage in the period. Somebody who came back counts again. Who passed the stage "
            "without a stay in it is under skipped."
        ),
        "left": "Ends of stays in the stage in the period, wherever the prospect went next.",
        "entered_again": (
            "Of the entries, those of prospects who had been in the stage before, in this cycle or an earlier one."
        ),
        "skipped": (
            "Prospects who passed the stage in the period without a stay in it: they went from below it to above "
            "it in one move, and had not been as far in the same cycle. They are in none of entered, left and "
            "stock."
        ),
        "corrected": (
            "Entries into the stage on these days that no longer stand, because the facts behind them were "
            "withdrawn. They are in none of the other numbers. Nothing is known any more of the source, campaign "
            "and owner under which they counted, so reports by these do not tell them."
        ),
        "goal": (
            "How many entries into the stage were aimed at. A goal is set for a month; each day has an even share "
            "of its month's goal, and a period has the shares of its days."
        ),
        "flow": "Moves from one stage to the other in the period. From nowhere: prospects who became known.",
        "conversion_by_period": (
            "Prospects who in the period reached the higher stage or passed it, having been in the lower one in "
            "the same cycle, divided by the entries into the lower one in the same period. These need not be the "
            "same people, so the rate can exceed 100 %: it shows what the period brought, not what became of its "
            "entries."
        ),
        "conversion_by_cohort": (
            "Of the prospects who in the period entered the lower stage for the first time in a cycle, the part "
            "that reached the higher stage or passed it in the same cycle, whenever that was, or within the "
            "number of days that was asked for (days of 24 hours, from the very moment of entry). A rate is not "
            "ripe while somebody has had less time than that; without a number of days it can always still grow."
        ),
        "adjacent": "No other stage of the funnel lies between the two.",
        "time_in_stage": (
            "How long the stays took that ended in the period. Half of them took no longer than the median, three "
            "quarters no longer than p75, nine in ten no longer than p90. These are right to within 2 %."
        ),
        "time_in_stage_with_open": (
            "The same with the stays that had not ended when the period did, as long as they were by then, each "
            "counted as if it had begun at noon of its day. Without them a stage where many are stuck would look "
            "fast, for only those who get on would count."
        ),
        "inside": "Prospects who are in the stage now.",
        "beyond_limit": (
            "Prospects who are in the stage now, and have been for longer than the time limit that the funnel "
            "sets for it. A limit in business time runs only while the organisation works."
        ),
        "beyond_p90": (
            "Prospects who are in the stage now, and have been for longer than nine in ten of the stays that "
            "ended in the last 365 days took."
        ),
        "exits": (
            "Entries into a stage beside the ladder, such as disqualified, by the reason that was given or the "
            "criterion that held."
        ),
        "lost_deals": (
            "Deals that were lost in the period and still are, by the reason that was given, with the sum of "
            "their amounts in each currency. A deal without an amount is counted, and adds nothing to the sums."
        ),
        "slices": (
            "What was known of a prospect when a stay in a stage began decides to which source, campaign, owner, "
            "funnel version and cycle that stay belongs, from entry to end. Source and campaign are the first "
            "ever told, the owner is the last. Each slice adds up by itself, and all values of one kind add up to "
            "the whole."
        ),
        "compared": (
            "The period before has as many days and ends the day before this one begins; for whole months it is "
            "as many whole months."
        ),
    }
)

#: Which definitions belong to which report.
OF_REPORT: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "funnel": ("stock", "stock_before", "entered", "left", "entered_again", "skipped", "corrected", "goal"),
        "flows": ("flow", "corrected"),
        "conversion": ("conversion_by_period", "conversion_by_cohort", "adjacent"),
        "velocity": ("time_in_stage", "time_in_stage_with_open"),
        "viscosity": ("inside", "beyond_limit", "beyond_p90"),
        "lost-reasons": ("exits", "lost_deals"),
    }
)

_OF_ALL = ("everything", "slices", "compared")


def definitions_of(report: str) -> dict[str, str]:
    """The definitions that a report prints.

    Raises:
        KeyError: there is no such report.
    """
    return {name: DEFINITIONS[name] for name in (*OF_REPORT[report], *_OF_ALL)}
