"""Matcher trees, from YAML to an action."""

# ruff: noqa: E501 - configuration and Envoy's own sentences stay on one line

from typing import Any

import pytest
import yaml

from portico.api.address import Address, pipe
from portico.api.errors import ConfigErrors
from portico.api.headers import HeaderMap, RequestHeaders, ResponseHeaders
from portico.api.stream_info import ConnectionInfo, StreamInfo
from portico.config.protos import unpack
from portico.matching.tree.data import MatchData
from portico.matching.tree.from_proto import TreeBuilder, TreeRules
from portico.matching.tree.matcher import Matcher
from portico.matching.tree.network_inputs import is_local
from tests.router.tables import FakeRuntime, factory_context, get, message

URL = "type.googleapis.com/"
NETWORK = "envoy.extensions.matching.common_inputs.network.v3."
HTTP = "envoy.type.matcher.v3."


def typed(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": "x", "typed_config": {"@type": URL + name, **fields}}


def action(name: str, keep_matching: bool = False) -> dict[str, Any]:
    on_match: dict[str, Any] = {"action": typed("google.protobuf.StringValue", value=name)}
    return {**on_match, "keep_matching": True} if keep_matching else on_match


def header(name: str) -> dict[str, Any]:
    return typed(HTTP + "HttpRequestHeaderMatchInput", header_name=name)


def equals(name: str, value: str) -> dict[str, Any]:
    return {"single_predicate": {"input": header(name), "value_match": {"exact": value}}}


def field(predicate: dict[str, Any], on_match: dict[str, Any]) -> dict[str, Any]:
    return {"predicate": predicate, "on_match": on_match}


def build(tree: dict[str, Any]) -> Matcher:
    context = factory_context()
    builder = TreeBuilder(context, unpack, lambda config: config.value)
    return builder.matcher(message("xds.type.matcher.v3.Matcher", yaml.safe_dump(tree)))


def data(request: RequestHeaders | None = None) -> MatchData:
    connection = ConnectionInfo(1, Address("10.0.0.1", 40000), Address("10.0.0.2", 80))
    return MatchData(connection, StreamInfo(connection), request)


def answer(tree: dict[str, Any], **fields: str) -> Any:
    return build(tree).find(data(get("/p?q=1", **fields)))


def tree_of(kind: str, entries: dict[str, Any], source: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"matcher_tree": {"input": source or header("x"), kind: {"map": entries}}}


LIST = {
    "matcher_list": {
        "matchers": [
            field({"and_matcher": {"predicate": [equals("x", "1"), equals("y", "1")]}}, action("both")),
            field({"or_matcher": {"predicate": [equals("x", "2"), equals("y", "2")]}}, action("either")),
            field({"not_matcher": equals("x", "3")}, action("not three")),
        ]
    },
    "on_no_match": action("none"),
}


def test_list_takes_the_first_predicate_that_is_met() -> None:
    assert answer(LIST, x="1", y="1") == "both"
    assert answer(LIST, x="1", y="2") == "either"
    assert answer(LIST, x="1") == "not three"
    assert answer(LIST) == "not three"  # an absent header equals nothing
    assert answer(LIST, x="3") == "none"


def test_nothing_at_all() -> None:
    assert answer({"matcher_list": {"matchers": [field(equals("x", "1"), action("one"))]}}) is None
    assert answer({"on_no_match": action("always")}) == "always"
    assert answer({}) is None


def test_kept_matches_do_not_end_the_search() -> None:
    fields = [field(equals("x", "1"), action("kept", keep_matching=True)), field(equals("x", "1"), action("next"))]
    assert answer({"matcher_list": {"matchers": fields}}, x="1") == "next"
    assert answer({"matcher_list": {"matchers": fields[:1]}}, x="1") is None


def test_nested_tree_that_does_not_decide_lets_the_list_go_on() -> None:
    nested = {"matcher": {"matcher_list": {"matchers": [field(equals("y", "1"), action("inner"))]}}}
    tree = {"matcher_list": {"matchers": [field(equals("x", "1"), nested), field(equals("x", "1"), action("outer"))]}}
    assert answer(tree, x="1", y="1") == "inner"
    assert answer(tree, x="1") == "outer"


def test_exact_map() -> None:
    tree = {**tree_of("exact_match_map", {"a": action("A"), "ab": action("AB")}), "on_no_match": action("none")}
    assert [answer(tree, x=value) for value in ("a", "ab", "abc")] == ["A", "AB", "none"]
    assert answer(tree) == "none"


def test_prefix_map_takes_the_longest_that_decides() -> None:
    inner = {"matcher": {"matcher_list": {"matchers": [field(equals("y", "1"), action("inner"))]}}}
    tree = tree_of("prefix_match_map", {"/": action("root"), "/a/": action("a"), "/a/b/": inner})
    assert answer(tree, x="/a/c") == "a"
    assert answer(tree, x="/b") == "root"
    assert answer(tree, x="/a/b/c", y="1") == "inner"
    assert answer(tree, x="/a/b/c") == "a"
    assert answer(tree, x="c") is None


def ip_map(*ranges: dict[str, Any]) -> dict[str, Any]:
    custom = typed("xds.type.matcher.v3.IPMatcher", range_matchers=list(ranges))
    return {"matcher_tree": {"input": header("x"), "custom_match": custom}, "on_no_match": action("none")}


def ip_range(prefix: str, length: int, on_match: dict[str, Any], exclusive: bool = False) -> dict[str, Any]:
    ranges = [{"address_prefix": prefix, "prefix_len": length}]
    return {"ranges": ranges, "on_match": on_match, "exclusive": exclusive}


UNDECIDED = {"matcher": {"matcher_list": {"matchers": [field(equals("y", "1"), action("narrow"))]}}}


def test_ip_map_takes_the_narrowest_range_that_decides() -> None:
    wide = ip_range("10.0.0.0", 8, action("wide"))
    tree = ip_map(wide, ip_range("10.1.0.0", 16, UNDECIDED), ip_range("::", 0, action("v6")))
    assert answer(tree, x="10.2.0.1") == "wide"
    assert answer(tree, x="10.1.0.1", y="1") == "narrow"
    assert answer(tree, x="10.1.0.1") == "wide"
    assert answer(tree, x="::1") == "v6"
    assert answer(tree, x="11.0.0.1") == "none"
    assert answer(tree, x="no address") == "none"


def test_exclusive_range_is_none_to_fall_back_on() -> None:
    wide = ip_range("10.0.0.0", 8, action("wide"), exclusive=True)
    tree = ip_map(wide, ip_range("10.1.0.0", 16, UNDECIDED))
    assert answer(tree, x="10.2.0.1") == "wide"
    assert answer(tree, x="10.1.0.1") == "none"


def test_server_names_from_exact_to_any() -> None:
    custom = typed(
        "xds.type.matcher.v3.ServerNameMatcher",
        domain_matchers=[
            {"domains": ["a.test"], "on_match": action("exact")},
            {"domains": ["*.test"], "on_match": action("test")},
            {"domains": ["*.b.test"], "on_match": action("b")},
            {"domains": ["*"], "on_match": action("any")},
        ],
    )
    matcher = build({"matcher_tree": {"input": typed(NETWORK + "ServerNameInput"), "custom_match": custom}})

    def name(server_name: str) -> Any:
        asked = data()
        asked.connection.requested_server_name = server_name
        return matcher.find(asked)

    assert [name(host) for host in ("A.test", "c.test", "c.b.test", "test", "x")] == [
        "exact",
        "test",
        "b",
        "any",
        "any",
    ]
    assert name("") is None


def test_missing_parts_make_the_answer_undecided() -> None:
    status = typed(HTTP + "HttpResponseStatusCodeMatchInput")
    by_status = {"single_predicate": {"input": status, "value_match": {"exact": "200"}}}
    negated = build({"matcher_list": {"matchers": [field({"not_matcher": by_status}, action("not 200"))]}})
    asked = data(get("/"))
    assert negated.find(asked) is None
    assert asked.is_incomplete
    asked = data(get("/"))
    asked.response = ResponseHeaders(404)
    assert negated.find(asked) == "not 200"
    mapped = build({**tree_of("exact_match_map", {"a": action("A")}), "on_no_match": action("none")})
    asked = data()
    assert mapped.find(asked) is None
    assert asked.is_incomplete


def input_value(source: dict[str, Any], asked: MatchData) -> bytes | None:
    """What an input sees, by way of a tree that catches it."""
    seen: list[bytes | None] = []
    matcher = build(tree_of("exact_match_map", {"?": action("?")}, source))
    seen.append(matcher.source.value(asked))  # type: ignore[attr-defined]
    return seen[0]


def full_data() -> MatchData:
    request = get("/p?q=a%20b&r", "h.test", x_two="1")
    request.add(b"x-two", b"2")
    asked = data(request)
    asked.response = ResponseHeaders(404, [(b"y", b"1"), (b"y", b"2")])
    asked.request_trailers = HeaderMap([(b"t", b"request")])
    asked.response_trailers = HeaderMap([(b"t", b"response")])
    connection = asked.connection
    connection.requested_server_name = "sni.test"
    connection.application_protocols = ["h2", "http/1.1"]
    connection.direct_remote_address = Address("192.0.2.9", 9)
    connection.filter_state = {"f": "connection", "c": "c"}
    connection.dynamic_metadata = {"ns": {"c": "from connection"}}
    assert asked.info is not None
    asked.info.filter_state = {"f": "stream"}
    asked.info.dynamic_metadata = {"ns": {"a": {"b": "text", "n": 1.0}}}
    return asked


@pytest.mark.parametrize(
    ("source", "value"),
    [
        (header("X-Two"), b"1,2"),
        (header("host"), b"h.test"),
        (header("none"), None),
        (typed(HTTP + "HttpResponseHeaderMatchInput", header_name="y"), b"1,2"),
        (typed(HTTP + "HttpRequestTrailerMatchInput", header_name="t"), b"request"),
        (typed(HTTP + "HttpResponseTrailerMatchInput", header_name="t"), b"response"),
        (typed(HTTP + "HttpRequestQueryParamMatchInput", query_param="q"), b"a b"),
        (typed(HTTP + "HttpRequestQueryParamMatchInput", query_param="r"), b""),
        (typed(HTTP + "HttpRequestQueryParamMatchInput", query_param="s"), None),
        (typed(HTTP + "HttpResponseStatusCodeMatchInput"), b"404"),
        (typed(HTTP + "HttpResponseStatusCodeClassMatchInput"), b"4xx"),
        (typed(NETWORK + "DestinationIPInput"), b"10.0.0.2"),
        (typed(NETWORK + "DestinationPortInput"), b"80"),
        (typed(NETWORK + "SourceIPInput"), b"10.0.0.1"),
        (typed(NETWORK + "SourcePortInput"), b"40000"),
        (typed(NETWORK + "DirectSourceIPInput"), b"192.0.2.9"),
        (typed(NETWORK + "SourceTypeInput"), None),
        (typed(NETWORK + "ServerNameInput"), b"sni.test"),
        (typed(NETWORK + "TransportProtocolInput"), b"raw_buffer"),
        (typed(NETWORK + "ApplicationProtocolInput"), b"'h2','http/1.1'"),
        (typed(NETWORK + "FilterStateInput", key="f"), b"stream"),
        (typed(NETWORK + "FilterStateInput", key="c"), b"c"),
        (typed(NETWORK + "FilterStateInput", key="none"), None),
        (typed(NETWORK + "DynamicMetadataInput", filter="ns", path=[{"key": "a"}, {"key": "b"}]), b"text"),
        (typed(NETWORK + "DynamicMetadataInput", filter="ns", path=[{"key": "c"}]), b"from connection"),
        (typed(NETWORK + "DynamicMetadataInput", filter="ns", path=[{"key": "a"}, {"key": "n"}]), None),
    ],
)
def test_inputs(source: dict[str, Any], value: bytes | None) -> None:
    asked = full_data()
    assert input_value(source, asked) == value
    assert not asked.is_incomplete


@pytest.mark.parametrize(
    "kind",
    ["HttpResponseHeaderMatchInput", "HttpRequestTrailerMatchInput", "HttpResponseTrailerMatchInput"],
)
def test_inputs_say_when_their_part_is_not_there_yet(kind: str) -> None:
    asked = data(get("/"))
    assert input_value(typed(HTTP + kind, header_name="t"), asked) is None
    assert asked.is_incomplete


def test_local_peers() -> None:
    local = Address("10.0.0.2", 80)
    assert is_local(ConnectionInfo(1, Address("127.0.0.1", 1), local))
    assert not is_local(ConnectionInfo(1, Address("127.3.4.5", 1), local))
    assert is_local(ConnectionInfo(1, Address("::1", 1), local))
    assert is_local(ConnectionInfo(1, Address("10.0.0.2", 5), local))
    assert is_local(ConnectionInfo(1, pipe("@x"), local))
    assert not is_local(ConnectionInfo(1, Address("10.0.0.3", 5), local))


CUSTOM = "envoy.extensions.matching.input_matchers."


def custom(name: str, **fields: Any) -> dict[str, Any]:
    match = {"single_predicate": {"input": header("x"), "custom_match": typed(CUSTOM + name, **fields)}}
    return {"matcher_list": {"matchers": [field(match, action("yes"))]}}


def test_custom_predicates() -> None:
    ip = custom("ip.v3.Ip", stat_prefix="s", cidr_ranges=[{"address_prefix": "10.0.0.0", "prefix_len": 8}])
    assert answer(ip, x="10.1.1.1") == "yes"
    assert answer(ip, x="11.1.1.1") is None
    assert answer(ip) is None
    hashed = custom("consistent_hashing.v3.ConsistentHashing", threshold=50, modulo=100)
    hits = [answer(hashed, x=str(value)) == "yes" for value in range(400)]
    assert 140 < sum(hits) < 260
    assert answer(hashed) is None
    share = custom("runtime_fraction.v3.RuntimeFraction", runtime_fraction={"default_value": {"numerator": 50}})
    hits = [answer(share, x=str(value)) == "yes" for value in range(400)]
    assert 140 < sum(hits) < 260


def test_fraction_of_a_predicate_follows_runtime() -> None:
    context = factory_context()
    runtime = context.server.runtime
    assert isinstance(runtime, FakeRuntime)
    tree = custom("runtime_fraction.v3.RuntimeFraction", runtime_fraction={"default_value": {}, "runtime_key": "k"})
    matcher = TreeBuilder(context, unpack, lambda config: config.value).matcher(
        message("xds.type.matcher.v3.Matcher", yaml.safe_dump(tree))
    )
    assert matcher.find(data(get("/", x="1"))) is None
    runtime.values["k"] = 100
    assert matcher.find(data(get("/", x="1"))) == "yes"


@pytest.mark.parametrize(
    ("tree", "text"),
    [
        (
            {"matcher_list": {"matchers": [field({}, action("x"))]}},
            "matcher_list.matchers[0].predicate.match_type: is required: one of single_predicate",
        ),
        (
            {"matcher_list": {"matchers": [field(equals("x", "1"), {})]}},
            "matcher_list.matchers[0].on_match.on_match: is required: one of matcher, action",
        ),
        (
            {"matcher_list": {"matchers": [field({"single_predicate": {"input": header("x")}}, action("x"))]}},
            "matcher_list.matchers[0].predicate.single_predicate.matcher: is required",
        ),
        (
            {"matcher_tree": {"input": header("x")}},
            "matcher_tree.tree_type: is required: one of exact_match_map",
        ),
        (
            {"matcher_tree": {"input": typed("google.protobuf.Struct", value={}), "exact_match_map": {}}},
            "matcher_tree.input.typed_config: Didn't find a registered implementation",
        ),
        (
            {"matcher_tree": {"input": header("x"), "custom_match": typed("google.protobuf.Struct", value={})}},
            "matcher_tree.custom_match.typed_config: 'google.protobuf.Struct' is not supported as a tree",
        ),
        (
            tree_of("exact_match_map", {"k": {}}),
            'matcher_tree.exact_match_map.map["k"].on_match: is required',
        ),
        (
            {"on_no_match": {"matcher": {"matcher_list": {"matchers": [field(equals("x", "1"), {})]}}}},
            "on_no_match.matcher.matcher_list.matchers[0].on_match.on_match: is required",
        ),
        (
            ip_map({"ranges": [{"address_prefix": "x"}], "on_match": action("a")}),
            "matcher_tree.custom_match.typed_config.range_matchers[0].ranges[0].address_prefix: malformed IP address: x",
        ),
        (
            custom("metadata.v3.Metadata"),
            "matcher_list.matchers[0].predicate.single_predicate.custom_match.typed_config:",
        ),
    ],
)
def test_complaints_name_their_place(tree: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigErrors) as caught:
        build(tree)
    assert str(caught.value).startswith(text)


def test_every_complaint_about_a_tree_is_reported() -> None:
    tree = {"matcher_list": {"matchers": [field({}, action("x")), field(equals("x", "1"), {})]}, "on_no_match": {}}
    with pytest.raises(ConfigErrors) as caught:
        build(tree)
    assert len(caught.value.errors) == 3


def test_owner_may_refuse_inputs_and_keep_matching() -> None:
    rules = TreeRules(frozenset({HTTP + "HttpRequestHeaderMatchInput"}), "only headers here, saw", keeps=False)
    builder = TreeBuilder(factory_context(), unpack, lambda config: config.value, rules)
    tree = {
        "matcher_tree": {"input": typed(NETWORK + "SourceIPInput"), "exact_match_map": {"map": {"a": action("A")}}},
        "on_no_match": action("none", keep_matching=True),
    }
    with pytest.raises(ConfigErrors) as caught:
        builder.matcher(message("xds.type.matcher.v3.Matcher", yaml.safe_dump(tree)))
    assert [str(error) for error in caught.value.errors] == [
        "on_no_match.keep_matching: keep_matching is not supported in this context",
        f"matcher_tree.input.typed_config: only headers here, saw {URL}{NETWORK}SourceIPInput",
    ]
