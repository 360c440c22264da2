"""The limits of a request, in one place: decoding enforces them, the OpenAPI document states them."""

from __future__ import annotations

#: Bytes of a request body with one entry. Lambda takes 6 MB per synchronous invocation and API Gateway 10 MB per
#: request (AWS, "Lambda quotas" and "Amazon API Gateway quotas"); the body travels inside a JSON event, escaped.
MAX_BODY_BYTES = 1024 * 1024

#: Bytes of the body of a batch: within Lambda's 6 MB as Base64, with room for the rest of the event.
MAX_BATCH_BYTES = 4 * 1024 * 1024

#: Entries of a batch (design, section 5).
MAX_BATCH_ENTRIES = 500

#: Bytes of one entry as compact JSON. An item of DynamoDB holds 400 KB at most and costs a write unit per KB
#: (AWS, "Quotas in Amazon DynamoDB").
MAX_ENTRY_BYTES = 32 * 1024

#: Levels of nesting of one entry, itself the first.
MAX_DEPTH = 8

#: Bytes of a body with a funnel's definition. That may have 100 KB in its shortest form (``funnel.form.document``), and
#: blanks, comments and escapes besides.
MAX_DEFINITION_BODY_BYTES = 300 * 1024

#: Levels of nesting of such a body. What a definition may hold is for ``funnel.form.document`` to say, and it is
#: stricter.
MAX_DEFINITION_DEPTH = 128

#: Characters of a string, and of a name in an object.
MAX_STRING = 4096
MAX_NAME = 256

#: Characters of a token that somebody signs in with. One that goes with a request as a header has to fit into the
#: 10,240 bytes of all headers (AWS, "Amazon API Gateway quotas").
MAX_TOKEN = 10_000

#: Names in ``properties``, ``traits`` or ``qualification``.
MAX_PROPERTIES = 100

#: What DynamoDB's number type holds: 38 digits, magnitudes from 1E-130 to 9.99E+125 (AWS, "Supported data types").
MAX_DIGITS = 38
MAX_EXPONENT = 125

#: Characters of an event id, and of an id that another system gave (a sort key takes 1,024 bytes and a partition key
#: 2,048: AWS, "Quotas in Amazon DynamoDB"; a character takes up to 4 bytes).
MAX_EVENT_ID = 128
MAX_OUTSIDE_ID = 256

MAX_CRM_SYSTEMS = 10
MAX_CONTACTS = 200

#: Seconds that a caller's clock may be ahead of ours (design, section 5).
MAX_AHEAD_SECONDS = 300

#: Problems listed in one answer; the rest is counted.
MAX_LISTED_ERRORS = 20

#: Entries of one page: the default and the most.
DEFAULT_PAGE = 50
MAX_PAGE = 200

#: What may be said of a key: more than API Gateway takes of all callers of an account by default (AWS, "Amazon API
#: Gateway quotas") is no limit.
MAX_REQUESTS_PER_SECOND = 10_000
#: Entries of one page of an export, which shows each as a whole: at their largest, with every letter escaped, they
#: still fit into the 6 MB that Lambda answers with.
MAX_EXPORT_PAGE = 50
