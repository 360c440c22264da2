"""Bodies that no system sends: bytes, any JSON, and true samples with something in them changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from tests.senders.sender import Sample

#: Few characters, since what matters is that there are odd ones; all of Unicode takes Hypothesis seconds to set up.
_TEXT = st.text(alphabet='aZ09 _-:;*.@{}"\\<\xe9\x00\u2028\ud800\U0001f642', max_size=20)
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | _TEXT
    | st.sampled_from(["NaN", "1e9999999", "ann@example.com", "a" * 5000, 10**300, -1, 1 << 63, "*", "0-1"])
)
VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=12,
)


@st.composite
def bodies(draw: st.DrawFn, samples: Mapping[str, Sample]) -> bytes:
    """A body made of nothing, or of a sample by changing it in a place or two."""
    sample = draw(st.sampled_from(sorted(samples)))
    way = draw(st.sampled_from(["bytes", "json", "cut", "value", "value", "value"]))
    body = samples[sample].body
    if way == "bytes":
        return draw(st.binary(max_size=200))
    if way == "json":
        return _dumped(draw(VALUES))
    if way == "cut" or not body.lstrip().startswith((b"{", b"[")):
        start = draw(st.integers(0, len(body)))
        end = draw(st.integers(start, min(len(body), start + 40)))
        return body[:start] + draw(st.binary(max_size=8)) + body[end:]
    value = json.loads(body)
    for _ in range(draw(st.integers(1, 2))):
        value = _changed(draw, value)
    return _dumped(value)


def _dumped(value: Any) -> bytes:
    return json.dumps(value).encode()


def _changed(draw: st.DrawFn, value: Any) -> Any:
    """The value with one of its parts replaced, or without it."""
    if not isinstance(value, dict | list) or not value or draw(st.integers(0, 9)) == 0:
        return draw(VALUES)
    if isinstance(value, list):
        place = draw(st.integers(0, len(value) - 1))
        return [*value[:place], _changed(draw, value[place]), *value[place + 1 :]]
    name = draw(st.sampled_from(sorted(value)))
    if draw(st.booleans()):
        return {**value, name: _changed(draw, value[name])}
    return {other: kept for other, kept in value.items() if other != name}
