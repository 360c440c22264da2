"""XML from outside: whichever way it is parsed, it comes to the same, and a document type is never read."""

from __future__ import annotations

from typing import Any

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from lifecycle.sources.plain_xml import parsed
from tests.senders.salesforce_outbound import SENDER

BOMB = '<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;">]><a>&c;</a>'
FOREIGN = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'


def outcome(parse: Any, body: bytes) -> Any:
    """What comes of a body: the elements with their texts, or the kind of failure."""
    try:
        root = parse(body)
    except (SyntaxError, ValueError, LookupError) as error:
        return SyntaxError if isinstance(error, SyntaxError) else type(error)
    return [(one.tag, one.attrib, one.text, one.tail) for one in root.iter()]


def by_the_library(body: bytes) -> Any:
    return fromstring(body, forbid_dtd=True)


@pytest.mark.parametrize("document", [BOMB, FOREIGN])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp037", "latin-1"])
@pytest.mark.parametrize("declared", ["UTF-8", "utf-8", "UTF-16", "cp037", "ISO-8859-1", None])
def test_a_document_type_is_never_read_in_whatever_encoding(document: str, encoding: str, declared: str | None) -> None:
    head = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""

    came = outcome(parsed, (head + document).encode(encoding))

    assert isinstance(came, type), "it was read"


@pytest.mark.parametrize("name", SENDER.samples)
def test_what_is_sent_comes_to_the_same_as_by_the_library(name: str) -> None:
    body = SENDER.samples[name].body

    assert outcome(parsed, body) == outcome(by_the_library, body) != []


TEXTS = st.sampled_from(
    ["<a>", "</a>", "<b/>", "x", "&lt;", "&c;", "<!--", "-->", "<![CDATA[", "]]>", "é", "\n", "<a b='c'>"]
)


@given(
    st.sampled_from(["", '<?xml version="1.0" encoding="UTF-8"?>', "<?xml version='1.0'?>"]),
    st.lists(TEXTS, max_size=8),
)
def test_any_document_comes_to_the_same_as_by_the_library(head: str, texts: list[str]) -> None:
    body = f"{head}<a>{''.join(texts)}</a>".encode()

    assert outcome(parsed, body) == outcome(by_the_library, body)
