"""The reports of a workspace, asked for and shown in the terminal."""

from __future__ import annotations

from datetime import date

from rich.console import Console

from local.client import ProspectClient
from local.report_tables import (
    break_down_table,
    conversion_table,
    funnel_table,
    lost_table,
    spaced,
    trend_table,
    velocity_table,
    viscosity_table,
)
from local.request import Json

#: What the demo's organisation aims at, as far as nobody has set anything else.
SETTINGS: Json = {
    "time_zone": "Europe/Berlin",
    "goals": {
        "marketing_qualified": {"entered_per_month": 60},
        "sales_qualified": {"entered_per_month": 30},
        "customer": {"entered_per_month": 8},
    },
}
_TREND = ("marketing_qualified", "customer")
_BROKEN_DOWN = ("marketing_qualified", "sales_qualified", "customer")


def set_goals(client: ProspectClient) -> None:
    """Set time zone and goals of the reports, where they are as at the beginning."""
    settings = client.report_settings()
    if settings["time_zone"] == "UTC" and not settings["goals"]:
        client.put_report_settings(SETTINGS)


def show_reports(client: ProspectClient, first: date, last: date, console: Console) -> None:
    """Print the reports of a period, as the API answers them.

    Arguments:
        client: the API.
        first, last: the first and the last day.
        console: where to print.
    """
    period = {"from": first.isoformat(), "to": last.isoformat(), "by": "month"}
    funnel = client.whole_report("funnel", period | {"compare": "previous"})
    conversion = client.whole_report("conversion", period | {"basis": "cohort", "within": "ever"})
    by_source = client.whole_report("funnel", period | {"break_down": "source"})
    by_campaign = client.whole_report("funnel", period | {"break_down": "campaign"})
    console.print(
        spaced(
            (
                funnel_table(funnel),
                trend_table(funnel, _TREND),
                conversion_table(conversion),
                break_down_table(by_source, "source", _BROKEN_DOWN),
                break_down_table(by_campaign, "campaign", _BROKEN_DOWN),
                velocity_table(client.whole_report("velocity", period)),
                viscosity_table(client.report("viscosity", {})),
                lost_table(client.whole_report("lost-reasons", period)),
            )
        )
    )
