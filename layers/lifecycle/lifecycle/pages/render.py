"""From a template and what it shows to a page.

Everything is escaped by default, and so is JSON within a page: nothing that somebody sent, be it a name of a campaign
or of a prospect, can become markup or a script.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from lifecycle.pages.files import file_name

#: In the place of what is not known: a dash.
NOTHING = "\N{EN DASH}"
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("lifecycle.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {
        "moment": moment,
        "duration": duration,
        "number": number,
        "money": money,
        "query": query,
        "day": day,
    }
    environment.globals |= {"file_name": file_name}
    return environment


def render(template: str, shown: Mapping[str, Any]) -> str:
    """A page.

    Arguments:
        template: its name.
        shown: what it shows; a name that is missing is an error, never a gap.
    """
    return _environment().get_template(template).render(shown)


def moment(value: datetime | None) -> str | Markup:
    """A time for people and for machines."""
    if value is None:
        return "never"
    at = value.astimezone(UTC)
    return Markup('<time datetime="{}">{} UTC</time>').format(
        at.isoformat(timespec="seconds").replace("+00:00", "Z"), f"{at.day} {at:%b %Y, %H:%M}"
    )


def day(value: date) -> Markup:
    """A day for people and for machines."""
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), f"{value.day} {value:%b %Y}")


def duration(value: timedelta | float | None) -> str:
    """A length of time in the unit that suits it."""
    if value is None:
        return NOTHING
    seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    for unit, name in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= unit:
            return f"{_rounded(seconds / unit)} {name}"
    return f"{max(0, round(seconds))} s"


def _rounded(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}".removesuffix(".0")


def number(value: float | Decimal | None) -> str:
    """A number with its thousands apart."""
    if value is None:
        return NOTHING
    if isinstance(value, float) and not value.is_integer():
        return f"{value:,.2f}"
    return f"{value:,.0f}"


def money(amount: Decimal | float | None, currency: str | None) -> str:
    """An amount with its currency."""
    return "" if amount is None else f"{amount:,.2f} {currency or ''}".strip()


def query(values: Mapping[str, Any]) -> str:
    """A query string of what is given; what is ``None`` or empty is left out."""
    return urlencode({name: value for name, value in values.items() if value not in (None, "")})
