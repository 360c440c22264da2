"""What lets pages of websites send to outside systems' addresses (Fetch standard, "HTTP CORS protocol").

No key of ours, and no cookie, comes with such a request: what a page may send, anybody may. So any page may,
unless the source's settings list the origins of the pages that are meant.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: What SDKs send beyond what any page may: the write key, the type of a JSON body, and RudderStack's visitor.
_REQUEST_HEADERS = "authorization, content-type, anonymousid"
#: Seconds for which a browser need not ask again. Chromium takes no more than two hours.
_REMEMBERED = "7200"

ANY_PAGE: Mapping[str, str] = {"Access-Control-Allow-Origin": "*"}
PREFLIGHT: Mapping[str, str] = {
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": _REQUEST_HEADERS,
    "Access-Control-Max-Age": _REMEMBERED,
}


def who_may_read(settings: Mapping[str, Any], origin: str) -> Mapping[str, str]:
    """The headers that tell a browser whose page may send to a source, and read its answer.

    Arguments:
        settings: of the source; ``origins`` lists those that may, where there is such a list.
        origin: of the page.
    """
    listed = settings.get("origins")
    if not listed:
        return ANY_PAGE
    # The answer differs by origin, so no cache may give one's to another.
    return {"Vary": "Origin"} | ({"Access-Control-Allow-Origin": origin} if origin in listed else {})
