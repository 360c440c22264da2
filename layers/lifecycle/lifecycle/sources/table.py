"""The outside systems that can be connected: one row each."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from lifecycle.sources.source import Source

#: The kind, as ``POST /sources`` names it, and the module that holds its ``SOURCE``. A module is imported when a
#: delivery of its kind comes in: no cold start pays for the others' libraries.
SOURCES: dict[str, str] = {
    "calendly": "lifecycle.sources.calendly",
    "cloudevents": "lifecycle.sources.cloudevents",
    "delighted": "lifecycle.sources.delighted",
    "form": "lifecycle.sources.form",
    "hubspot": "lifecycle.sources.hubspot",
    "jotform": "lifecycle.sources.jotform",
    "mailgun": "lifecycle.sources.mailgun",
    "mapping": "lifecycle.sources.mapping",
    "pipedrive": "lifecycle.sources.pipedrive",
    "postmark": "lifecycle.sources.postmark",
    "salesforce": "lifecycle.sources.salesforce",
    "salesforce_outbound": "lifecycle.sources.salesforce_outbound",
    "segment": "lifecycle.sources.segment",
    "sendgrid": "lifecycle.sources.sendgrid",
    "ses": "lifecycle.sources.ses",
    "ses_eventbridge": "lifecycle.sources.ses_eventbridge",
    "standard_webhooks": "lifecycle.sources.standard_webhooks",
    "stripe": "lifecycle.sources.stripe",
    "trustpilot": "lifecycle.sources.trustpilot",
    "typeform": "lifecycle.sources.typeform",
}


@cache
def source_of(kind: str) -> Source:
    """The source of a kind. Raises KeyError."""
    source: Source = import_module(SOURCES[kind]).SOURCE
    return source
