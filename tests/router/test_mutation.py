"""Header mutations, with the orders measured on Envoy 1.40."""

# ruff: noqa: E501 - configuration and Envoy's own sentences stay on one line

import pytest
import yaml

from portico.api.access_log import LogEntry
from portico.api.errors import ConfigErrors
from portico.api.headers import HeaderMap, RequestHeaders
from portico.api.inline_headers import REQUEST, REQUEST_TRAILERS, RESPONSE, RESPONSE_TRAILERS
from portico.formatter.formatter import LiteralFormatter
from portico.router.mutation.from_proto import header_mutations, ordered_mutations
from portico.router.mutation.header_mutation import AppendAction, HeaderAddition, HeaderMutations
from portico.router.mutation.ordered import apply_all
from tests.router.tables import factory_context, get, message, stream_info

Fields = list[tuple[bytes, bytes]]


def mutations(text: str, direction: str = "request") -> HeaderMutations:
    owner = message("envoy.config.route.v3.Route", text)
    return header_mutations(owner, direction, factory_context().server)


def applied(text: str, **fields: str) -> Fields:
    headers = get("/p?q", "h.test", **fields)
    mutations(text).apply(headers, LogEntry(stream_info(), headers))
    return headers.items()


def add(key: str, value: str, action: str = "APPEND_IF_EXISTS_OR_ADD", keep: bool = False) -> str:
    option = {"header": {"key": key, "value": value}, "append_action": action, "keep_empty_value": keep}
    return yaml.safe_dump(option, default_flow_style=True).strip()


def adds(*options: str) -> str:
    return "{request_headers_to_add: [" + ",".join(options) + "]}"


@pytest.mark.parametrize(
    ("action", "absent", "present"),
    [
        ("APPEND_IF_EXISTS_OR_ADD", [b"new"], [b"1", b"2", b"new"]),
        ("ADD_IF_ABSENT", [b"new"], [b"1", b"2"]),
        ("OVERWRITE_IF_EXISTS_OR_ADD", [b"new"], [b"new"]),
        ("OVERWRITE_IF_EXISTS", [], [b"new"]),
    ],
)
def test_append_actions(action: str, absent: list[bytes], present: list[bytes]) -> None:
    compiled = mutations(adds(add("X-A", "new", action)))
    none, some = HeaderMap(), HeaderMap([(b"x-a", b"1"), (b"y", b""), (b"x-a", b"2")])
    for headers, values in ((none, absent), (some, present)):
        compiled.apply(headers, LogEntry(stream_info()))
        assert headers.get_all(b"x-a") == values


def test_overwriting_moves_to_the_end_and_comes_before_appending() -> None:
    text = adds(add("a", "added"), add("x", "over", "OVERWRITE_IF_EXISTS_OR_ADD"), add("b", "added"))
    assert applied(text, x="old", z="z") == [(b"z", b"z"), (b"x", b"over"), (b"a", b"added"), (b"b", b"added")]


def test_removal_comes_first() -> None:
    text = (
        "{request_headers_to_remove: [X], request_headers_to_add: ["
        + add("x", "new")
        + ","
        + add("y", "%REQ(x)%")
        + "]}"
    )
    assert applied(text, x="old") == [(b"x", b"new")]


def test_values_are_computed_before_any_is_written() -> None:
    text = adds(
        add("x", "%REQ(x)%2"), add("y", "%REQ(x)%"), add("z", "1", "ADD_IF_ABSENT"), add("z", "2", "ADD_IF_ABSENT")
    )
    assert applied(text, x="1") == [(b"x", b"1"), (b"x", b"12"), (b"y", b"1"), (b"z", b"1"), (b"z", b"2")]


def test_empty_values_are_left_out_unless_kept() -> None:
    text = adds(
        add("a", ""), add("b", "", keep=True), add("c", "%REQ(none)%"), add("d", "%REQ(none)%", keep=True),
        add("e", "%REQ(none)%:%REQ(none)%%%"),
    )  # fmt: skip
    assert applied(text) == [(b"b", b""), (b"d", b""), (b"e", b":%")]


def test_value_cannot_end_its_field_line() -> None:
    headers = RequestHeaders(b"GET", b"/", b"h")
    info = stream_info()
    info.dynamic_metadata = {"f": {"k": "a\r\nx-evil: 1\0"}}
    mutations(adds(add("x", "%DYNAMIC_METADATA(f:k)%"))).apply(headers, LogEntry(info, headers))
    assert headers.items() == [(b"x", b"ax-evil: 1")]


def test_inline_headers_are_joined_where_they_stand() -> None:
    text = adds(add("user-agent", "b"), add("x-forwarded-for", "2"), add("cookie", "b=1"))
    fields = applied(text, user_agent="a", cookie="a=1", x="1")
    assert fields == [
        (b"user-agent", b"a,b"),
        (b"cookie", b"a=1"),
        (b"x", b"1"),
        (b"x-forwarded-for", b"2"),
        (b"cookie", b"b=1"),
    ]


def test_which_headers_are_joined_depends_on_the_direction() -> None:
    def joined(inline: frozenset[bytes]) -> set[bytes]:
        headers = HeaderMap()
        for name in (b"accept", b"vary", b"via", b"grpc-status", b"set-cookie"):
            additions = [
                HeaderAddition(name, LiteralFormatter(value), AppendAction(0), False) for value in (b"1", b"2")
            ]
            HeaderMutations(additions, [], inline).apply(headers, LogEntry(stream_info()))
        return {name for name, value in headers.items() if value == b"1,2"}

    assert joined(REQUEST) == {b"accept", b"via"}
    assert joined(RESPONSE) == {b"vary", b"via", b"grpc-status"}
    assert joined(REQUEST_TRAILERS) == set()
    assert joined(RESPONSE_TRAILERS) == {b"grpc-status"}


def test_response_mutations_join_as_responses_do() -> None:
    text = "{response_headers_to_add: [{header: {key: vary, value: b}}]}"
    headers = HeaderMap([(b"vary", b"a")])
    mutations(text, "response").apply(headers, LogEntry(stream_info()))
    assert headers.items() == [(b"vary", b"a,b")]


@pytest.mark.parametrize(("append", "values"), [("true", [b"1", b"2"]), ("false", [b"2"])])
def test_deprecated_append(append: str, values: list[bytes]) -> None:
    text = f"{{request_headers_to_add: [{{header: {{key: x, value: '2'}}, append: {append}}}]}}"
    assert [value for _, value in applied(text, x="1")] == values


def test_every_wrong_mutation_is_named() -> None:
    with pytest.raises(ConfigErrors) as caught:
        mutations(
            "{request_headers_to_add: ["
            + ",".join([add("host", "a"), add(":path", "a"), add("ok", "a"), add("x", "50% y")])
            + ", {header: {key: a, value: a}, append: false, append_action: ADD_IF_ABSENT}],"
            + " request_headers_to_remove: [':path', Host, ok]}"
        )
    assert [str(error) for error in caught.value.errors] == [
        "request_headers_to_add[0].header.key: :-prefixed or host headers may not be modified, got 'host'",
        "request_headers_to_add[1].header.key: :-prefixed or host headers may not be modified, got ':path'",
        "request_headers_to_add[3].header.value: Incorrect configuration: 50% y. Couldn't find valid command at position 2",
        "request_headers_to_add[4].append: Both append and append_action are set and it's not allowed",
        "request_headers_to_remove[0]: :-prefixed or host headers may not be removed, got ':path'",
        "request_headers_to_remove[1]: :-prefixed or host headers may not be removed, got 'Host'",
    ]


def ordered(text: str) -> list[object]:
    policy = message("envoy.config.route.v3.RouteAction.RequestMirrorPolicy", f"{{request_headers_mutations: {text}}}")
    return list(
        ordered_mutations(policy.request_headers_mutations, "request_headers_mutations", factory_context().server)
    )


def test_ordered_mutations_see_each_other() -> None:
    policy = message(
        "envoy.config.route.v3.RouteAction.RequestMirrorPolicy",
        "{request_headers_mutations: [{append: {header: {key: a, value: '1'}}}, {append: {header: {key: b, value: '%REQ(a)%'}}},"
        " {remove: a}, {remove_on_match: {key_matcher: {prefix: x-}}}]}",
    )
    steps = ordered_mutations(policy.request_headers_mutations, "request_headers_mutations", factory_context().server)
    headers = get("/", x_one="1", x_two="2", y="y")
    apply_all(steps, headers, LogEntry(stream_info(), headers))
    assert headers.items() == [(b"y", b"y"), (b"b", b"1")]


def test_wrong_ordered_mutations() -> None:
    with pytest.raises(ConfigErrors) as caught:
        ordered(
            "[{}, {remove: host}, {append: {header: {key: ':path', value: a}}}, {remove_on_match: {key_matcher: {}}}]"
        )
    assert [error.field_path for error in caught.value.errors] == [
        "request_headers_mutations[0].action",
        "request_headers_mutations[1].remove",
        "request_headers_mutations[2].append.header.key",
        "request_headers_mutations[3].remove_on_match.key_matcher.match_pattern",
    ]
