"""The second version of the demo's funnel: drafted, signed by both owners and published, as anybody would do it."""

from __future__ import annotations

from copy import deepcopy

from rich.console import Console

from local.client import ProspectClient
from local.generator.team import MARKETING, address
from local.progress import reevaluate_visibly
from local.request import Json

#: Whoever listened to a whole webinar is worth a call, both owners found.
_ATTENDED: Json = {"activity": {"type": "webinar_attendance"}}
_SALES = address("Ada Quist")


def bring_into_force(client: ProspectClient, console: Console) -> bool:
    """Publish the second version, and wait until everybody is evaluated anew; nothing where the first is not in force:
    another run did so, or somebody has a funnel of their own.

    Returns:
        Whether all came out well.
    """
    in_force = client.funnel()
    if in_force["version"] != 1:
        return True
    draft = client.create_draft(with_webinars(in_force["definition"]))
    client.sign(draft, "marketing", MARKETING)
    client.sign(draft, "sales", _SALES)
    version: int = client.publish(draft["draft_id"], MARKETING)["version"]
    ended = reevaluate_visibly(client, version, console)
    return bool(ended["status"] == "done")


def with_webinars(definition: Json) -> Json:
    """A definition in which attending a webinar makes a marketing qualified, and sales has a day more for those.

    Arguments:
        definition: as the default, whose ``marketing_qualified`` asks for all of an email and any of a list.
    """
    changed = deepcopy(definition)
    stage = next(stage for stage in changed["stages"] if stage["key"] == "marketing_qualified")
    alternatives = next(part["any"] for part in stage["enter_when"]["all"] if "any" in part)
    alternatives.append(_ATTENDED)
    stage["time_limit"] = "3 business days"
    return changed
