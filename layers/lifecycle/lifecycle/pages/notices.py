"""What a page says of what was done just before. Only these sentences, so that nobody else's words can be put there."""

from __future__ import annotations

from collections.abc import Mapping

NOTICES: Mapping[str, str] = {
    "accept": "The prospect was accepted.",
    "disqualify": "The prospect was disqualified.",
    "set_stage": "The stage was set.",
    "withdraw": "The event was withdrawn: it counts as if it had never happened.",
    "merge": "The prospects were merged.",
    "unmerge": "The prospects are apart again.",
    "drafted": "The draft was made.",
    "changed": "The draft was changed. Signatures for what it said before no longer count.",
    "deleted": "The draft was deleted.",
    "signed": "The draft was signed.",
    "taken_back": "The signature was taken back.",
    "published": "The version is in force, and everybody is being evaluated anew.",
    "scheduled": "The version will come into force at the time that was set.",
    "rolled_back": "The earlier version is back in force.",
    "settings_changed": "The settings of the reports were changed.",
    "time_zone_changed": (
        "The settings of the reports were changed. All days are being counted anew by the new time zone; "
        "until that is done, the dashboard says which are still to come."
    ),
}
