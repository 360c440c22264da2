"""The routes of the funnel: its definition, its drafts and versions, and the long work on them."""

from __future__ import annotations

from lifecycle.contract.route import PAGING, STAGE, TEAM_SCOPE, Answer, Parameter, Route

_FUNCTION = "manage_funnel"

GET_FUNNEL = Route(
    method="GET",
    path="/funnel",
    function=_FUNCTION,
    scope="read",
    summary="Show the funnel in force",
    description="With the signatures that it was published on, and the version that comes next, if one is scheduled.",
    answers=(Answer(200, "The version in force.", "FunnelAnswer"),),
    problems=(422, 503),
)

GET_SCHEMA = Route(
    method="GET",
    path="/funnel/schema.json",
    function="describe_api",
    summary="Show the JSON Schema of definitions",
    description="For editors: it completes, explains and checks a definition while it is written.",
    answers=(Answer(200, "The schema (JSON Schema 2020-12).", "AnyObject", "application/schema+json"),),
    public=True,
)

LIST_READY_MADE = Route(
    method="GET",
    path="/funnel/gallery",
    function=_FUNCTION,
    scope="read",
    summary="List ready definitions to start from",
    answers=(Answer(200, "The definitions.", "GalleryAnswer"),),
    problems=(422, 503),
)

GET_READY_MADE = Route(
    method="GET",
    path="/funnel/gallery/{name}",
    function=_FUNCTION,
    scope="read",
    summary="Show a ready definition",
    answers=(Answer(200, "The definition.", "ReadyMadeAnswer"),),
    problems=(404, 422, 503),
)

LIST_VERSIONS = Route(
    method="GET",
    path="/funnel/versions",
    function=_FUNCTION,
    scope="read",
    summary="List all versions of the funnel",
    description="Newest first, those that were called off included.",
    answers=(Answer(200, "The versions.", "VersionsAnswer"),),
    problems=(422, 503),
)

GET_VERSION = Route(
    method="GET",
    path="/funnel/versions/{version}",
    function=_FUNCTION,
    scope="read",
    summary="Show a version of the funnel",
    description="With its definition, and what it changed against the version before it, in sentences.",
    answers=(Answer(200, "The version.", "VersionAnswer"),),
    problems=(404, 422, 503),
)

ROLL_BACK = Route(
    method="POST",
    path="/funnel/versions/{version}/rollback",
    function=_FUNCTION,
    scope="funnel:write",
    summary="Bring back an earlier version",
    description=(
        "Publishes a new version with the definition and the signatures of the earlier one, at once or at a given "
        "time. Nobody has to sign again. Repeated, it answers with the same new version."
    ),
    request="RollbackBody",
    may_be_empty=True,
    answers=(
        Answer(201, "Published.", "PublicationAnswer"),
        Answer(200, "Published already: this version is back.", "PublicationAnswer"),
    ),
    problems=(400, 404, 409, 413, 422, 503),
)

CANCEL_VERSION = Route(
    method="DELETE",
    path="/funnel/versions/{version}",
    function=_FUNCTION,
    scope="funnel:write",
    summary="Call off a version that is not yet in force",
    description="It stays in the history. Its draft can be published again, as it is.",
    answers=(Answer(200, "Called off.", "VersionAnswer"),),
    problems=(404, 409, 422, 503),
)

GET_SETTINGS = Route(
    method="GET",
    path="/funnel/settings",
    function=_FUNCTION,
    scope="read",
    summary="Show the settings of the funnel",
    answers=(Answer(200, "The settings.", "SettingsAnswer"),),
    problems=(422, 503),
)

PUT_SETTINGS = Route(
    method="PUT",
    path="/funnel/settings",
    function=_FUNCTION,
    scope="admin",
    summary="Change the settings of the funnel",
    request="SettingsBody",
    answers=(Answer(200, "The settings as they are now.", "SettingsAnswer"),),
    problems=(400, 413, 422, 503),
)

LIST_DRAFTS = Route(
    method="GET",
    path="/funnel/drafts",
    function=_FUNCTION,
    scope="read",
    summary="List the drafts",
    description="The last changed first, published ones included.",
    answers=(Answer(200, "The drafts.", "DraftsAnswer"),),
    problems=(422, 503),
)

POST_DRAFT = Route(
    method="POST",
    path="/funnel/drafts",
    function=_FUNCTION,
    scope="funnel:write",
    summary="Make a draft of a funnel",
    description=(
        "The definition is an object, or YAML as a text; or the body is YAML itself. It is checked: its form, its "
        "meaning, and that no stage goes in which prospects stand. Every problem is named with its place."
    ),
    request="DraftBody",
    takes_yaml=True,
    answers=(Answer(201, "Made.", "CheckedDraftAnswer"),),
    problems=(400, 413, 422, 503),
)

GET_DRAFT = Route(
    method="GET",
    path="/funnel/drafts/{draft_id}",
    function=_FUNCTION,
    scope="read",
    summary="Show a draft",
    description="Checked and compared as of now; with its signatures.",
    answers=(Answer(200, "The draft.", "DraftAnswer"),),
    problems=(404, 422, 503),
)

PUT_DRAFT = Route(
    method="PUT",
    path="/funnel/drafts/{draft_id}",
    function=_FUNCTION,
    scope="funnel:write",
    summary="Change a draft",
    description=(
        "A changed content voids the signatures, and so does a version that came into force since the draft was made. "
        "With `content_hash`, the change is made only if the draft still has that content."
    ),
    request="DraftChangeBody",
    takes_yaml=True,
    answers=(Answer(200, "Changed.", "CheckedDraftAnswer"),),
    problems=(400, 404, 409, 413, 422, 503),
)

DELETE_DRAFT = Route(
    method="DELETE",
    path="/funnel/drafts/{draft_id}",
    function=_FUNCTION,
    scope="funnel:write",
    summary="Delete a draft",
    description="One that was published stays, as part of the history.",
    answers=(Answer(204, "Deleted.", None, None),),
    problems=(404, 409, 422, 503),
)

SIGN_DRAFT = Route(
    method="POST",
    path="/funnel/drafts/{draft_id}/signatures",
    function=_FUNCTION,
    scope=TEAM_SCOPE,
    summary="Sign a draft for marketing or sales",
    description=(
        "A signature is for the exact content that the draft has; one person cannot sign for both teams. "
        "With `content_hash`, it is given only if the draft still has that content."
    ),
    request="SignatureBody",
    answers=(
        Answer(201, "Signed.", "SignaturesAnswer"),
        Answer(200, "Signed already, by the same person for the same team.", "SignaturesAnswer"),
    ),
    problems=(400, 404, 409, 413, 422, 503),
)

TAKE_SIGNATURE_BACK = Route(
    method="DELETE",
    path="/funnel/drafts/{draft_id}/signatures/{team}",
    function=_FUNCTION,
    scope=TEAM_SCOPE,
    summary="Take a signature back",
    answers=(Answer(200, "Taken back; what is left.", "SignaturesAnswer"),),
    problems=(404, 409, 422, 503),
)

PUBLISH_DRAFT = Route(
    method="POST",
    path="/funnel/drafts/{draft_id}/publication",
    function=_FUNCTION,
    scope="funnel:write",
    summary="Publish a draft",
    description=(
        "At once, or at a given time. At once takes some seconds: the answer comes when the version is in force for "
        "whatever is sent next. All prospects are then evaluated anew in the background; "
        "`/funnel/versions/{version}/reevaluation` tells how far that is."
    ),
    request="PublicationBody",
    may_be_empty=True,
    answers=(
        Answer(201, "Published.", "PublicationAnswer"),
        Answer(200, "Published already.", "PublicationAnswer"),
    ),
    problems=(400, 404, 409, 413, 422, 503),
)

SIMULATE_DRAFT = Route(
    method="POST",
    path="/funnel/drafts/{draft_id}/simulations",
    function=_FUNCTION,
    scope="funnel:write",
    summary="Try a draft on the real prospects",
    description="Runs in the background and changes nothing.",
    request="SimulationBody",
    may_be_empty=True,
    answers=(Answer(202, "Started.", "StartedSimulationAnswer"),),
    problems=(400, 404, 413, 422, 503),
)

LIST_SIMULATIONS = Route(
    method="GET",
    path="/funnel/simulations",
    function=_FUNCTION,
    scope="read",
    summary="List the simulations",
    description="Newest first.",
    answers=(Answer(200, "The simulations.", "SimulationsAnswer"),),
    problems=(422, 503),
)

GET_SIMULATION = Route(
    method="GET",
    path="/funnel/simulations/{simulation_id}",
    function=_FUNCTION,
    scope="read",
    summary="Show how far a simulation is, and what it found",
    answers=(Answer(200, "The simulation.", "SimulationAnswer"),),
    problems=(404, 422, 503),
)

LIST_SIMULATED_MOVES = Route(
    method="GET",
    path="/funnel/simulations/{simulation_id}/moves",
    function=_FUNCTION,
    scope="read",
    summary="List the prospects that would move",
    query=(
        Parameter("from", "Only those who are in this stage.", STAGE),
        Parameter("to", "Only those who would go to this stage.", STAGE),
        *PAGING,
    ),
    answers=(Answer(200, "A page of moves.", "MovesAnswer"),),
    problems=(400, 404, 422, 503),
)

CANCEL_SIMULATION = Route(
    method="DELETE",
    path="/funnel/simulations/{simulation_id}",
    function=_FUNCTION,
    scope="funnel:write",
    summary="Stop a simulation",
    answers=(Answer(200, "Stopped; one that had ended stays as it is.", "SimulationAnswer"),),
    problems=(404, 422, 503),
)

GET_REEVALUATION = Route(
    method="GET",
    path="/funnel/versions/{version}/reevaluation",
    function=_FUNCTION,
    scope="read",
    summary="Show how far the re-evaluation of all prospects is",
    description="It starts when the version comes into force.",
    answers=(Answer(200, "The re-evaluation.", "ReevaluationAnswer"),),
    problems=(404, 422, 503),
)

RESUME_REEVALUATION = Route(
    method="POST",
    path="/funnel/versions/{version}/reevaluation",
    function=_FUNCTION,
    scope="funnel:write",
    summary="Start the re-evaluation again where it failed",
    description="What is done already is not done again. One that is running or done stays as it is.",
    answers=(Answer(202, "Running.", "ReevaluationAnswer"),),
    problems=(404, 409, 422, 503),
)

FUNNEL_ROUTES: tuple[Route, ...] = (
    GET_FUNNEL,
    GET_SCHEMA,
    LIST_READY_MADE,
    GET_READY_MADE,
    LIST_VERSIONS,
    GET_VERSION,
    CANCEL_VERSION,
    ROLL_BACK,
    GET_REEVALUATION,
    RESUME_REEVALUATION,
    GET_SETTINGS,
    PUT_SETTINGS,
    LIST_DRAFTS,
    POST_DRAFT,
    GET_DRAFT,
    PUT_DRAFT,
    DELETE_DRAFT,
    SIGN_DRAFT,
    TAKE_SIGNATURE_BACK,
    PUBLISH_DRAFT,
    SIMULATE_DRAFT,
    LIST_SIMULATIONS,
    GET_SIMULATION,
    LIST_SIMULATED_MOVES,
    CANCEL_SIMULATION,
)
