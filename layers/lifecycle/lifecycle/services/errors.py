"""What can be wrong with a request that is well formed: one exception a case, each with what would be right."""

from __future__ import annotations


class LifecycleError(Exception):
    """Base of the errors that a caller can do something about. The message is meant for the caller."""


class ProspectNotFoundError(LifecycleError):
    """No prospect of the workspace has this id or identity."""

    def __init__(self, what: str) -> None:
        super().__init__(f"No prospect of this workspace has the {what} given. Look it up by GET /prospects.")


class ProspectAbsorbedError(LifecycleError):
    """A decision names a prospect that has been merged into another one."""

    def __init__(self, prospect_id: str, survivor: str) -> None:
        self.survivor = survivor
        super().__init__(
            f"Prospect {prospect_id} was merged into {survivor}. Send the decision to /prospects/{survivor}/decisions."
        )


class UnknownStageError(LifecycleError):
    """A decision or a filter names a stage that the funnel does not have."""

    def __init__(self, stage: str, known: tuple[str, ...]) -> None:
        super().__init__(f"stage: {stage!r} is not a stage of the funnel in force. Use one of {', '.join(known)}.")


class EmailKnownError(LifecycleError):
    """A decision would make a prospect anonymous although its email is known (design, rule 8)."""

    def __init__(self, stage: str) -> None:
        super().__init__(f"stage: {stage!r} is for prospects without an email, and this one's is known.")


class EventNotFoundError(LifecycleError):
    """A withdrawal names an event that the prospect's log does not hold, or one that cannot be withdrawn."""

    def __init__(self, event_id: str, why: str) -> None:
        super().__init__(f"event_id: {event_id!r} {why}")


class NotMergedError(LifecycleError):
    """An unmerge names a prospect that is not part of this one."""

    def __init__(self, other: str) -> None:
        super().__init__(f"prospect_id: {other!r} was not merged into this prospect, so it cannot be unmerged.")


class SelfMergeError(LifecycleError):
    """A merge names the prospect itself."""

    def __init__(self) -> None:
        super().__init__("prospect_id: names this very prospect. Name the other one that is the same person.")


class BareVisitorsError(LifecycleError):
    """A merge names two visitors of whom nothing but their cookies is known."""

    def __init__(self) -> None:
        super().__init__(
            "prospect_id: neither prospect has an email, a user id or a CRM id. Name at least one that has: a visitor "
            "can only be merged into somebody."
        )


class TooBusyError(LifecycleError):
    """So many writers changed the same prospect at once that this one gave up; what it recorded is kept."""

    def __init__(self) -> None:
        super().__init__("The prospect is being changed by many requests at once. Send the same request again.")
