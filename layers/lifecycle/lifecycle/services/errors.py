"""What can be wrong with a request that is well formed: one exception a case, each with what would be right."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what every function imports need not bring in the judging of definitions
    from lifecycle.funnel.form.document import Problem
    from lifecycle.store.funnel_records import Team


class LifecycleError(Exception):
    """Base of the errors that a caller can do something about. The message is meant for the caller."""


class ProspectNotFoundError(LifecycleError):
    """No prospect of the workspace has this id or identity."""

    def __init__(self, what: str) -> None:
        super().__init__(f"No prospect of this workspace has the {what} given. Look it up by GET /prospects.")


class ProspectErasedError(ProspectNotFoundError):
    """The prospect was erased. Nothing is known of it any more."""

    def __init__(self) -> None:
        LifecycleError.__init__(
            self,
            "This prospect was erased: nothing is held on it any more. Only what a person does anew makes a new one.",
        )


class ProspectAbsorbedError(LifecycleError):
    """A request that must name a prospect itself names one that has been merged into another one."""

    def __init__(self, prospect_id: str, survivor: str) -> None:
        self.survivor = survivor
        super().__init__(
            f"Prospect {prospect_id} was merged into {survivor}. Send the request for that one: /prospects/{survivor}."
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


class UnknownSubStatusError(LifecycleError):
    """A decision names a status that the stage does not have."""

    def __init__(self, status: str, stage: str, known: tuple[str, ...]) -> None:
        instead = f"Use one of {', '.join(known)}." if known else "It has none: leave status out."
        super().__init__(f"status: {status!r} is not a status of the stage {stage!r}. {instead}")


class QualificationMissingError(LifecycleError):
    """A stage requires more of the checklist than is answered."""

    def __init__(self, stage_label: str, missing: tuple[tuple[str, str], ...], sentence: str) -> None:
        self.missing = missing
        asked = ", ".join(label for _, label in missing)
        super().__init__(
            f"qualification: {stage_label} requires {sentence}. Missing: {asked}. Send the answers as qualification."
        )


class InvalidDefinitionError(LifecycleError):
    """A definition of a funnel cannot be used. ``problems`` are all that was found, each with its place."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__(f"definition: {len(problems)} problems")


class DraftNotFoundError(LifecycleError):
    """The workspace has no such draft."""

    def __init__(self) -> None:
        super().__init__("draft_id: no draft of this workspace has this id. GET /funnel/drafts lists them.")


class DraftChangedError(LifecycleError):
    """A draft is not what the caller believes it to be. ``content_hash`` is of what it is now."""

    def __init__(self, content_hash: str) -> None:
        self.content_hash = content_hash
        super().__init__(
            f"content_hash: the draft's content is {content_hash} by now. Read it again, and decide on what it says."
        )


class DraftPublishedError(LifecycleError):
    """A draft cannot be changed any more, for it became a version."""

    def __init__(self, version: int) -> None:
        self.version = version
        super().__init__(
            f"draft_id: this draft was published as version {version} and stays as it is. Make a new draft of it: "
            "POST /funnel/drafts."
        )


class StaleDraftError(LifecycleError):
    """A draft was made of a version that is no longer in force, so what it changes is not what its owners saw."""

    def __init__(self, based_on: int, in_force: int) -> None:
        self.in_force = in_force
        super().__init__(
            f"draft_id: this draft was made while version {based_on} was in force, and version {in_force} is by now. "
            "PUT the draft again: that checks and compares it with the present version. It has to be signed anew."
        )


class SignaturesMissingError(LifecycleError):
    """A draft lacks the word of one or both of its owners. ``teams`` are those who have not signed."""

    def __init__(self, teams: tuple[Team, ...]) -> None:
        self.teams = teams
        super().__init__(
            f"signatures: {' and '.join(teams)} must sign this content first, by POST "
            "/funnel/drafts/{draft_id}/signatures. (PUT /funnel/settings can switch the requirement off.)"
        )


class SamePersonError(LifecycleError):
    """One person would sign for both teams."""

    def __init__(self, team: Team) -> None:
        super().__init__(f"by: this person has signed for {team}. Somebody else must sign for the other team.")


class TeamSignedError(LifecycleError):
    """Somebody else has signed for the team already."""

    def __init__(self, team: Team) -> None:
        super().__init__(
            f"team: somebody else has signed for {team}. Take that signature back first, by DELETE "
            f"/funnel/drafts/{{draft_id}}/signatures/{team}."
        )


class SignatureNotFoundError(LifecycleError):
    """The team has not signed the draft, so there is nothing to take back."""

    def __init__(self) -> None:
        super().__init__("team: this team has not signed this draft. GET /funnel/drafts/{draft_id} shows who has.")


class VersionNotFoundError(LifecycleError):
    """The workspace's funnel has no such version."""

    def __init__(self) -> None:
        super().__init__("version: the funnel has no such version. GET /funnel/versions lists them.")


class VersionPendingError(LifecycleError):
    """Another version is about to come into force; ``version`` is its number."""

    def __init__(self, version: int, effective_at: datetime) -> None:
        self.version = version
        super().__init__(
            f"version: version {version} comes into force at {_time(effective_at)}. Wait for it, or call it off by "
            f"DELETE /funnel/versions/{version}."
        )


class AlreadyInForceError(LifecycleError):
    """The version to go back to is the one in force."""

    def __init__(self, version: int) -> None:
        super().__init__(f"version: version {version} is in force, so there is nothing to bring back.")


class TooLateToCancelError(LifecycleError):
    """A version is in force, was, or will be in a moment: it cannot be called off any more."""

    def __init__(self, version: int) -> None:
        super().__init__(
            f"version: it is too late to call version {version} off. Go back to an earlier one by POST "
            "/funnel/versions/{version}/rollback."
        )


class VersionCancelledError(LifecycleError):
    """A version was called off before it came into force, so there is nothing to go back to or to evaluate by."""

    def __init__(self, version: int) -> None:
        super().__init__(f"version: version {version} was called off and never in force. Name another one.")


class NotInForceYetError(LifecycleError):
    """What a version sets off when it comes into force is asked for before that."""

    def __init__(self, version: int, effective_at: datetime) -> None:
        super().__init__(
            f"version: version {version} comes into force at {_time(effective_at)}. All prospects are evaluated anew "
            "then; nothing has to be asked for."
        )


class UnknownReadyMadeError(LifecycleError):
    """The gallery has no such definition."""

    def __init__(self, known: tuple[str, ...]) -> None:
        super().__init__(f"name: the gallery has no definition of this name. It has {', '.join(known)}.")


class FunnelBusyError(LifecycleError):
    """So many requests changed the funnel at once that this one gave up. It changed nothing."""

    def __init__(self) -> None:
        super().__init__("The funnel is being changed by other requests at once. Send the same request again.")


class JobNotFoundError(LifecycleError):
    """The workspace has no such simulation or re-evaluation, or none any more."""

    def __init__(self) -> None:
        super().__init__(
            "id: this workspace has no such simulation or re-evaluation. GET /funnel/simulations lists the simulations "
            "of the last 30 days; a version has a re-evaluation once it has come into force."
        )


class KeyNotFoundError(LifecycleError):
    """The workspace's list has no such API key."""

    def __init__(self) -> None:
        super().__init__("key_id: no API key of this workspace has this id. GET /keys lists them.")


class ScopesNotHeldError(LifecycleError):
    """A key would be given what the key that asks for it may not do itself. ``scopes`` names that."""

    def __init__(self, scopes: tuple[str, ...]) -> None:
        self.scopes = scopes
        super().__init__(
            f"scopes: the key of this request does not have {', '.join(scopes)}, so it cannot give that to another "
            "one. Leave it out, or ask with a key that has it."
        )


class KeysBusyError(LifecycleError):
    """The table had other writes in hand. Nothing was changed."""

    def __init__(self) -> None:
        super().__init__("The keys are being changed by other requests at once. Send the same request again.")


class IssuerUnreachableError(LifecycleError):
    """The issuer of tokens does not answer, or with something that is of no use. Nobody is let in by a guess."""

    def __init__(self) -> None:
        super().__init__(
            "The issuer that people sign in with cannot be reached. Send the same request again; a sign-in that was "
            "under way begins anew with GET /session/start."
        )


class NoIssuerError(LifecycleError):
    """Nobody can sign in with an issuer, for this deployment has none."""

    def __init__(self) -> None:
        super().__init__(
            "This deployment has no issuer to sign in with. Sign in with an API key (POST /session), or have it "
            "deployed with SignIn=oidc."
        )


class SignInRefusedError(LifecycleError):
    """The key or token that somebody signs in with is not good.

    Attributes:
        reason: a word for the log. The caller is not told which of them it was: it would help to guess and to forge.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            "The key or token is not valid here, has expired, or somebody has signed in with the token before. "
            "Send a valid key, or a new token."
        )


class SignInNotBegunError(LifecycleError):
    """A browser comes back from the issuer with an answer that it did not ask for, or has brought before."""

    def __init__(self) -> None:
        super().__init__(
            "?state: this browser has not begun such a sign-in within the last ten minutes, or has ended it already. "
            "Begin again with GET /session/start."
        )


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


class SourceNotFoundError(LifecycleError):
    """There is no source of this id, or not in this workspace."""

    def __init__(self) -> None:
        super().__init__("source_id: this workspace has no such source. GET /sources lists them.")


class UnknownKindError(LifecycleError):
    """A source is to be of a kind that nobody knows."""

    def __init__(self, known: Sequence[str]) -> None:
        super().__init__(f"kind: there is no such kind of source. Use one of {', '.join(known)}.")


class SecretNeededError(LifecycleError):
    """A kind of source cannot be verified without a secret, and none was given."""

    def __init__(self, secret: str) -> None:
        super().__init__(f"secret: this kind of source needs one: {secret}.")


class NoSecretError(LifecycleError):
    """A secret was given for a kind of source that has none."""

    def __init__(self) -> None:
        super().__init__("secret: this kind of source has none to share; its address alone is what proves it.")


class InvalidSettingsError(LifecycleError):
    """The settings of a source are not what its kind defines.

    ``problems`` are (JSON pointer into the settings, what is wrong).
    """

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        self.problems = tuple(problems)
        where, what = self.problems[0]
        super().__init__(f"settings{where}: {what}. GET /sources/kinds describes them.")


class SourcesBusyError(LifecycleError):
    """A change of a source met another one."""

    def __init__(self) -> None:
        super().__init__("The source was changed by another request. Read it again, and send the change again.")


class PartNotFoundError(LifecycleError):
    """There is no such part in quarantine."""

    def __init__(self) -> None:
        super().__init__("part_id: there is no such part in this source's quarantine. It may have been replayed.")


class StillUnreadableError(LifecycleError):
    """A part from quarantine cannot be translated either as it stands now."""

    def __init__(self, why: str) -> None:
        super().__init__(f"The part still cannot be read: {why}.")


class ThrottledError(LifecycleError):
    """A workspace or a key makes more requests than it may. ``retry_after`` is in seconds."""

    def __init__(self, whose: str, per_second: int, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(
            f"This {whose} may make {per_second} requests a second, and has made those of the next {retry_after}. Wait "
            "so long and repeat the request; the same id is counted once."
        )


class ReportSettingsBusyError(LifecycleError):
    """Others changed the settings of the reports at every attempt."""

    def __init__(self) -> None:
        super().__init__("Others are changing the settings of the reports at once. Send the same request again.")


class TooManyPeriodsError(LifecycleError):
    """A report would have more periods than an answer holds."""

    def __init__(self, most: int) -> None:
        super().__init__(f"by: the report would have more than {most} periods. Ask for weeks or months, or fewer days.")


class DaysReversedError(LifecycleError):
    """A report is to end before it begins."""

    def __init__(self) -> None:
        super().__init__("from: is after to. Name the first day as from, and the last as to; by default that is today.")
