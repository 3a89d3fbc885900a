"""What routes do: cluster choices, redirects, direct responses, rewrites. Expectations were measured on Envoy 1.40."""

# ruff: noqa: E501 - configuration and Envoy's own sentences stay on one line

from pathlib import Path

import pytest

from portico.api.errors import ConfigErrors
from portico.api.headers import RequestHeaders
from portico.api.upstream import ResourcePriority
from portico.router.action.action import NonForwardingAction
from portico.router.action.direct_response import DirectResponseAction
from portico.router.action.forward import ForwardAction
from portico.router.action.redirect import RedirectAction, port_start
from tests.router.tables import FakeRuntime, factory_context, get, message, route_for, routes, stream_info


def forward(text: str, match: str = "{prefix: /}") -> ForwardAction:
    route = route_for(routes(f"[{{match: {match}, route: {text}}}]"), get("/"))
    assert route.forward is not None
    return route.forward


def redirect(text: str, match: str = "{prefix: /}") -> RedirectAction:
    action = routes(f"[{{match: {match}, redirect: {text}}}]").virtual_hosts[0].routes[0].action
    assert isinstance(action, RedirectAction)
    return action


def location(text: str, headers: RequestHeaders, match: str = "{prefix: /}") -> str:
    action = redirect(text, match)
    action.rewrite_path(headers, stream_info(), insert_envoy_original_path=True)
    return action.location(headers, stream_info()).decode()


def complaint(route: str) -> str:
    with pytest.raises(ConfigErrors) as caught:
        routes(f"[{route}]")
    return str(caught.value).removeprefix("virtual_hosts[0].routes[0].")


# --- clusters ---


def chosen(text: str, random_value: int = 0, **fields: str) -> str:
    return forward(text).choose(get("/", **fields), stream_info(), random_value).cluster_name


def test_fixed_cluster_allocates_nothing() -> None:
    action = forward("{cluster: a}")
    first = action.choose(get("/"), stream_info(), 0)
    assert first is action.choose(get("/"), stream_info(), 1)
    assert (first.cluster_name, first.weighted) == ("a", None)


def test_cluster_header_takes_the_first_value() -> None:
    assert chosen("{cluster_header: X-C}", x_c="up") == "up"
    headers = get("/", x_c="up")
    headers.add(b"x-c", b"other")
    assert forward("{cluster_header: x-c}").choose(headers, stream_info(), 0).cluster_name == "up"
    assert chosen("{cluster_header: x-c}") == ""
    assert chosen("{cluster_header: host}") == "h.test"


SPLIT = "{weighted_clusters: {%s clusters: [{name: a, weight: 30}, {name: z, weight: 0}, {name: b, weight: 70}]}}"


def test_weights_are_intervals_of_the_random_value() -> None:
    action = forward(SPLIT % "")
    names = [action.choose(get("/"), stream_info(), value).cluster_name for value in range(200)]
    assert names == (["a"] * 30 + ["b"] * 70) * 2


@pytest.mark.parametrize(
    ("values", "name"),
    [(["29"], "a"), (["30"], "b"), (["130"], "b"), ([], "b"), (["0", "0"], "b"), (["x"], "b"), ([str(2**64)], "b")],
)
def test_random_value_may_come_from_a_header(values: list[str], name: str) -> None:
    headers = RequestHeaders(b"GET", b"/", b"h", [(b"x-r", value.encode()) for value in values])
    assert forward(SPLIT % "header_name: X-R,").choose(headers, stream_info(), 99).cluster_name == name


def test_weights_follow_runtime() -> None:
    context = factory_context()
    runtime = context.server.runtime
    assert isinstance(runtime, FakeRuntime)
    table = routes(f"[{{match: {{prefix: /}}, route: {SPLIT % 'runtime_key_prefix: split,'}}}]", context)
    action = route_for(table, get("/")).forward
    assert action is not None
    assert action.choose(get("/"), stream_info(), 0).cluster_name == "a"
    runtime.values.update({"split.a": 0, "split.z": 100})
    assert [action.choose(get("/"), stream_info(), value).cluster_name for value in (0, 99, 100)] == ["z", "z", "b"]
    runtime.values.update({"split.a": 0, "split.z": 0, "split.b": 0})
    assert action.choose(get("/"), stream_info(), 0).cluster_name == "a"  # nothing left: the configured weights


def test_weighted_entry_may_name_a_header() -> None:
    text = "{weighted_clusters: {clusters: [{cluster_header: x-c, weight: 1}]}}"
    choice = forward(text).choose(get("/", x_c="up"), stream_info(), 0)
    assert (choice.cluster_name, choice.weighted is not None) == ("up", True)
    assert chosen(text) == ""


def test_metadata_match_of_an_entry_is_laid_over_the_routes() -> None:
    action = forward(
        "{metadata_match: {filter_metadata: {envoy.lb: {a: 1, b: x}, other: {c: 1}}}, weighted_clusters: {clusters:"
        " [{name: p, weight: 1, metadata_match: {filter_metadata: {envoy.lb: {b: y}}}}, {name: q, weight: 1}]}}"
    )
    first, second = (action.choose(get("/"), stream_info(), value) for value in (0, 1))
    assert action.metadata_match_for(first) == {"a": 1.0, "b": "y"}
    assert action.metadata_match_for(second) == {"a": 1.0, "b": "x"}
    assert forward("{cluster: a, metadata_match: {filter_metadata: {other: {}}}}").metadata_match is None


@pytest.mark.parametrize(
    ("clusters", "text"),
    [
        ("[{name: a, weight: 0}]", "clusters: Sum of weights in the weighted_cluster must be greater than 0."),
        ("[{name: a}]", "clusters[0].weight: is required"),
        ("[{weight: 1}]", "clusters[0].name: At least one of name or cluster_header need to be specified"),
        (
            "[{name: a, cluster_header: b, weight: 1}]",
            "clusters[0].name: Only one of name or cluster_header can be specified",
        ),
        (
            "[{name: a, weight: 4294967295}, {name: b, weight: 1}]",
            "clusters: The sum of weights of all weighted clusters of the route exceeds 4294967295: it is 4294967296",
        ),
    ],
)
def test_wrong_weights(clusters: str, text: str) -> None:
    route = f"{{match: {{prefix: /}}, route: {{weighted_clusters: {{clusters: {clusters}}}}}}}"
    assert complaint(route) == "route.weighted_clusters." + text


# --- settings of a forwarded request ---


def test_defaults() -> None:
    action = forward("{cluster: a}")
    assert (action.timeout_s, action.idle_timeout_s, action.max_stream_duration_s) == (15.0, None, None)
    assert (action.priority, action.cluster_not_found_status) == (ResourcePriority.DEFAULT, 503)
    assert (action.per_try_timeout_s, action.grpc_timeout_header_max_s) == (0.0, None)


def test_max_stream_duration_takes_the_place_of_timeout() -> None:
    assert forward("{cluster: a, timeout: 5s, max_stream_duration: {max_stream_duration: 9s}}").timeout_s == 0.0


def test_time_of_a_try_is_in_the_retry_policy() -> None:
    assert forward("{cluster: a, retry_policy: {per_try_timeout: 0.25s}}").per_try_timeout_s == 0.25


def test_timeouts_become_seconds() -> None:
    action = forward(
        "{cluster: a, timeout: 0s, idle_timeout: 1.5s, flush_timeout: 2s, max_grpc_timeout: 3s, grpc_timeout_offset: 0.1s,"
        " priority: HIGH, cluster_not_found_response_code: NOT_FOUND, auto_host_rewrite: true,"
        " max_stream_duration: {max_stream_duration: 9s, grpc_timeout_header_max: 0s, grpc_timeout_header_offset: 0.25s}}"
    )
    assert (action.timeout_s, action.idle_timeout_s, action.flush_timeout_s) == (0.0, 1.5, 2.0)
    assert (action.max_grpc_timeout_s, action.grpc_timeout_offset_s) == (3.0, 0.1)
    assert (action.max_stream_duration_s, action.grpc_timeout_header_max_s) == (9.0, 0.0)
    assert action.grpc_timeout_header_offset_s == 0.25
    assert (action.priority, action.cluster_not_found_status) == (ResourcePriority.HIGH, 404)
    assert action.auto_host_rewrite


def test_upgrades() -> None:
    action = forward(
        "{cluster: a, upgrade_configs: [{upgrade_type: WebSocket}, {upgrade_type: x, enabled: false},"
        " {upgrade_type: CONNECT, connect_config: {allow_post: true}}]}"
    )
    configs = action.upgrade_configs
    assert {name: config.enabled for name, config in configs.items()} == {
        b"websocket": True,
        b"x": False,
        b"connect": True,
    }
    assert configs[b"connect"].terminates_connect
    assert configs[b"connect"].allow_post
    assert not configs[b"websocket"].terminates_connect


@pytest.mark.parametrize(
    ("upgrades", "text"),
    [
        ("[{upgrade_type: a}, {upgrade_type: A}]", "upgrade_configs[1].upgrade_type: Duplicate upgrade A"),
        (
            "[{upgrade_type: websocket, connect_config: {}}]",
            "upgrade_configs[0].connect_config: Non-CONNECT upgrade type websocket has ConnectConfig",
        ),
    ],
)
def test_wrong_upgrades(upgrades: str, text: str) -> None:
    assert complaint(f"{{match: {{prefix: /}}, route: {{cluster: a, upgrade_configs: {upgrades}}}}}") == "route." + text


def test_mirrors() -> None:
    action = forward(
        "{cluster: a, request_mirror_policies: [{cluster: m}, {cluster_header: X-M, trace_sampled: false,"
        " runtime_fraction: {default_value: {numerator: 10}}, disable_shadow_host_suffix_append: true,"
        " host_rewrite_literal: shadow.test, request_headers_mutations: [{remove: x}]}]}"
    )
    plain, rich = action.shadow_policies
    assert (plain.cluster_name(get("/")), plain.trace_sampled, plain.appends_host_suffix) == ("m", None, True)
    assert plain.fraction.includes(99)
    assert (rich.cluster_name(get("/", x_m="q")), rich.trace_sampled, rich.appends_host_suffix) == ("q", False, False)
    assert rich.cluster_name(get("/")) == ""
    assert [rich.fraction.includes(value) for value in (9, 10)] == [True, False]
    assert (rich.host_rewrite, len(rich.mutations)) == (b"shadow.test", 1)


@pytest.mark.parametrize(
    ("policy", "text"),
    [
        ("{}", "cluster: Exactly one of cluster or cluster_header in request mirror policy need to be specified"),
        (
            "{cluster: a, cluster_header: b}",
            "cluster_header: Only one of cluster 'a' or cluster_header 'b' in request mirror policy can be specified",
        ),
    ],
)
def test_wrong_mirrors(policy: str, text: str) -> None:
    route = f"{{match: {{prefix: /}}, route: {{cluster: a, request_mirror_policies: [{policy}]}}}}"
    assert complaint(route) == "route.request_mirror_policies[0]." + text


def test_without_an_answer_of_its_own() -> None:
    for kind in ("non_forwarding_action", "filter_action"):
        route = route_for(routes(f"[{{match: {{prefix: /}}, {kind}: {{}}}}]"), get("/"))
        assert isinstance(route.action, NonForwardingAction)


# --- rewrites ---

TEMPLATE = "type.googleapis.com/envoy.extensions.path.%s.uri_template.v3.UriTemplate%sConfig"
TEMPLATE_MATCH = (
    "{path_match_policy: {name: m, typed_config: {'@type': "
    + TEMPLATE % ("match", "Match")
    + ", path_template: '/u/{id}'}}}"
)


def template_rewrite(rewrite: str) -> str:
    kind = TEMPLATE % ("rewrite", "Rewrite")
    return f"path_rewrite_policy: {{name: r, typed_config: {{'@type': {kind}, path_template_rewrite: '{rewrite}'}}}}"


def rewritten(match: str, rewrite: str, path: str) -> str:
    """ "" = the request stays as it is."""
    table = routes(f"[{{match: {match}, route: {{cluster: a, {rewrite}}}}}]")
    action = table.virtual_hosts[0].routes[0].forward
    assert action is not None
    assert action.path_rewrite is not None
    return action.path_rewrite.rewrite(get(path, x_p="P"), stream_info()).decode()


@pytest.mark.parametrize(
    ("match", "rewrite", "path", "new"),
    [
        ("{prefix: /api/}", "prefix_rewrite: /v1/", "/api/x?q=1", "/v1/x?q=1"),
        ("{prefix: /CI, case_sensitive: false}", "prefix_rewrite: /low", "/ci/Foo", "/low/Foo"),
        ("{path: /exact, case_sensitive: false}", "prefix_rewrite: /other", "/EXACT?x", "/other?x"),
        ("{path_separated_prefix: /sep}", "prefix_rewrite: /", "/sep/a?b", "//a?b"),
        ("{path_separated_prefix: /sep}", "prefix_rewrite: /", "/sep?x=1", "/?x=1"),
        ("{prefix: /a/}", "prefix_rewrite: /b/", "/a/x;p?q", "/b/x;p?q"),
        ("{prefix: /a/}", "prefix_rewrite: /b/", "/a;p/x?q", ""),
        ("{prefix: '/a;p/'}", "prefix_rewrite: /b/", "/a;p/x?q", "/b/x?q"),
        ("{safe_regex: {regex: '/a.*'}}", "prefix_rewrite: /b", "/a/x?q#f", "/b?q#f"),
        ("{connect_matcher: {}}", "prefix_rewrite: /b", "/a/x?q", "/b?q"),
        (
            "{prefix: /}",
            "regex_rewrite: {pattern: {regex: '/([a-z]*)'}, substitution: '/<\\1>'}",
            "/rx/1?x=/abc",
            "/<rx>/<>1?x=/abc",
        ),
        ("{prefix: /}", "regex_rewrite: {pattern: {regex: nomatch}, substitution: '-'}", "/g?a", "/g?a"),
        ("{prefix: /}", "regex_rewrite: {pattern: {regex: /d}, substitution: ''}", "/d?q", ""),
        ("{prefix: /}", "path_rewrite: '/x%REQ(x-p)%%REQ(:path)%'", "/a?b=c", "/xP/a?b=c?b=c"),
        ("{prefix: /}", "path_rewrite: '%REQ(none)%'", "/a?b=c", ""),
        ("{prefix: /}", "path_rewrite: '%REQ(x-p)%'", "/a?q", "P?q"),
        (TEMPLATE_MATCH, template_rewrite("/new/{id}"), "/u/1?q", "/new/1?q"),
        (TEMPLATE_MATCH, template_rewrite("/new/{id}"), "/other?q", "/other?q"),
    ],
)
def test_path_rewrites(match: str, rewrite: str, path: str, new: str) -> None:
    assert rewritten(match, rewrite, path) == new


@pytest.mark.parametrize(
    ("rewrite", "host"),
    [
        ("host_rewrite_literal: new.test", b"new.test"),
        ("host_rewrite_header: X-Host", b"b.test"),
        ("host_rewrite_header: none", b""),
        ("host_rewrite_header: host", b"h.test"),
        ("host_rewrite_path_regex: {pattern: {regex: '^/hr/([^/]*).*'}, substitution: '\\1.test'}", b"foo.test"),
        ("host_rewrite_path_regex: {pattern: {regex: '^/no'}, substitution: x}", b"/hr/foo/bar"),
        ("host_rewrite: '%REQ(x-host)%.x'", b"b.test.x"),
        ("host_rewrite: '%REQ(none)%.x'", b"-.x"),
    ],
)
def test_host_rewrites(rewrite: str, host: bytes) -> None:
    action = forward(f"{{cluster: a, {rewrite}}}")
    assert action.host_rewrite is not None
    assert action.host_rewrite.host(get("/hr/foo/bar?x=/y", x_host="b.test"), stream_info()) == host


@pytest.mark.parametrize("text", ["{cluster: a}", "{cluster: a, host_rewrite_literal: '', prefix_rewrite: ''}"])
def test_no_rewrite_is_none(text: str) -> None:
    action = forward(text)
    assert (action.host_rewrite, action.path_rewrite) == (None, None)


@pytest.mark.parametrize(
    ("match", "rewrite", "text"),
    [
        (
            "{prefix: /}",
            "prefix_rewrite: /x, path_rewrite: /d",
            "path_rewrite: Specify only one of prefix_rewrite, regex_rewrite or path_rewrite_policy: prefix_rewrite is set",
        ),
        (TEMPLATE_MATCH, "prefix_rewrite: /x", "prefix_rewrite: Cannot use prefix_rewrite with matcher extension"),
        (
            "{prefix: /}",
            template_rewrite("/{id}"),
            "path_rewrite_policy.typed_config: unable to use r extension without a uri_template path_match_policy",
        ),
        (
            TEMPLATE_MATCH,
            template_rewrite("/{other}"),
            (
                "path_rewrite_policy.typed_config.path_template_rewrite: mismatch between variables in path_match_policy"
                " /u/{id} and path_rewrite_policy /{other}"
            ),
        ),
        (
            TEMPLATE_MATCH,
            template_rewrite("{id}"),
            (
                "path_rewrite_policy.typed_config.path_template_rewrite: path_rewrite_policy.path_template_rewrite {id}"
                " is invalid: Invalid rewrite variable placement"
            ),
        ),
        (
            "{prefix: /}",
            "path_rewrite_policy: {name: r, typed_config: {'@type': type.googleapis.com/google.protobuf.Struct, value: {}}}",
            "path_rewrite_policy.typed_config: 'google.protobuf.Struct' is no path rewriter",
        ),
        ("{prefix: /}", "regex_rewrite: {pattern: {regex: '('}}", "regex_rewrite.pattern.regex: missing ): ("),
        ("{prefix: /}", "path_rewrite: '%NOPE%'", "path_rewrite: Not supported field in StreamInfo: NOPE"),
    ],
)
def test_wrong_rewrites(match: str, rewrite: str, text: str) -> None:
    assert complaint(f"{{match: {match}, route: {{cluster: a, {rewrite}}}}}").startswith("route." + text)


# --- redirects ---


@pytest.mark.parametrize(
    ("text", "host", "protocol", "path", "where"),
    [
        ("{https_redirect: true}", "h.test:80", "http", "/a?b", "https://h.test/a?b"),
        ("{https_redirect: true}", "h.test:8080", "http", "/a?b", "https://h.test:8080/a?b"),
        ("{https_redirect: true}", "[::1]:80", "http", "/a", "https://[::1]/a"),
        ("{https_redirect: true}", "[::1]", "http", "/a", "https://[::1]/a"),
        ("{https_redirect: true}", "h.test:443", "https", "/a", "https://h.test:443/a"),
        ("{scheme_redirect: foo}", "h.test:80", "http", "/a", "foo://h.test/a"),
        ("{scheme_redirect: foo}", "h.test:443", "https", "/a", "foo://h.test/a"),
        ("{host_redirect: new.test}", "h.test:80", "http", "/a?b", "http://new.test/a?b"),
        ("{host_redirect: new.test}", "h.test", "https", "/a?b", "https://new.test/a?b"),
        ("{port_redirect: 8443}", "h.test:80", "http", "/a?b", "http://h.test:8443/a?b"),
        ("{port_redirect: 8443}", "[::1]:80", "http", "/a?b", "http://[::1]:8443/a?b"),
        ("{port_redirect: 8443}", "h.test", "http", "/a?b", "http://h.test:8443/a?b"),
        ("{host_redirect: n, port_redirect: 1, https_redirect: true}", "h", "http", "/a?b", "https://n:1/a?b"),
        ("{path_redirect: /new}", "h", "http", "/a?b", "http://h/new?b"),
        ("{path_redirect: '/new?z=1'}", "h", "http", "/a?b", "http://h/new?z=1"),
        ("{path_redirect: '/new?z=1', strip_query: true}", "h", "http", "/a?b", "http://h/new?z=1"),
        ("{path_redirect: /new, strip_query: true}", "h", "http", "/a?b", "http://h/new"),
        ("{host_redirect: a.b, strip_query: true}", "h", "http", "/a?b", "http://a.b/a"),
        ("{prefix_rewrite: /new}", "h", "http", "/a/x?b", "http://h/new/x?b"),
        (
            "{regex_rewrite: {pattern: {regex: '/a/(.*)'}, substitution: '/out/\\1'}}",
            "h",
            "http",
            "/a/x?b",
            "http://h/out/x?b",
        ),
        ("{path_rewrite: '/f%REQ(x-p)%'}", "h", "http", "/a?q", "http://h/fP?q"),
        ("{path_rewrite: '/f%REQ(none)%', strip_query: true}", "h", "http", "/a?q", "http://h/f"),
        ("{path_rewrite: '/f?%REQ(x-p)%', strip_query: true}", "h", "http", "/a?q", "http://h/f?P"),
        ("{path_rewrite: '%REQ(none)%'}", "h", "http", "/a?q", "http://h/a?q"),
        ("{}", "h", "http", "/a?q", "http://h/a?q"),
        ("{}", "", "http", "/a?q", "http:///a?q"),
    ],
)
def test_locations(text: str, host: str, protocol: str, path: str, where: str) -> None:
    headers = get(path, host, x_forwarded_proto=protocol, x_p="P")
    headers.scheme = protocol.encode()
    assert location(text, headers, "{prefix: /a}") == where


def test_rewriting_redirect_shows_in_the_request() -> None:
    headers = get("/a/x?b")
    location("{prefix_rewrite: /new}", headers, "{prefix: /a}")
    assert (headers.path, headers.get(b"x-envoy-original-path")) == (b"/new/x?b", b"/a/x?b")
    headers = get("/a/x?b")
    location("{path_redirect: /new}", headers)
    assert (headers.path, headers.has(b"x-envoy-original-path")) == (b"/a/x?b", False)
    action = redirect("{prefix_rewrite: /new}", "{prefix: /a}")
    headers = get("/a/x?b")
    action.rewrite_path(headers, stream_info(), insert_envoy_original_path=False)
    assert (headers.path, headers.has(b"x-envoy-original-path")) == (b"/new/x?b", False)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("MOVED_PERMANENTLY", 301),
        ("FOUND", 302),
        ("SEE_OTHER", 303),
        ("TEMPORARY_REDIRECT", 307),
        ("PERMANENT_REDIRECT", 308),
    ],
)
def test_redirect_status(code: str, status: int) -> None:
    assert redirect(f"{{response_code: {code}}}").status == status


@pytest.mark.parametrize(
    ("authority", "start"), [(b"a:1", 1), (b"a", -1), (b"[::1]:80", 5), (b"[::1]", -1), (b"", -1), (b"a:", 1)]
)
def test_where_a_port_starts(authority: bytes, start: int) -> None:
    assert port_start(authority) == start


def test_wrong_redirects() -> None:
    text = complaint("{match: {prefix: /}, redirect: {regex_rewrite: {pattern: {regex: '['}}}}")
    assert text.startswith("redirect.regex_rewrite.pattern.regex: missing ]")
    assert complaint("{match: {prefix: /}, redirect: {path_rewrite: '50% x'}}").startswith(
        "redirect.path_rewrite: Incorrect"
    )


# --- direct responses ---


def direct(text: str) -> DirectResponseAction:
    action = route_for(routes(f"[{{match: {{prefix: /}}, direct_response: {text}}}]"), get("/")).action
    assert isinstance(action, DirectResponseAction)
    return action


def body(text: str) -> bytes:
    return direct(text).body(get("/p"), stream_info())


def test_bodies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "body"
    file.write_bytes(b"from file")
    monkeypatch.setenv("PORTICO_TEST_BODY", "from environment")
    assert body("{status: 200}") == b""
    assert body("{status: 200, body: {inline_string: 'hi %REQ(:path)%'}}") == b"hi %REQ(:path)%"
    assert body("{status: 200, body: {inline_bytes: aGk=}}") == b"hi"
    assert body(f"{{status: 200, body: {{filename: {file}}}}}") == b"from file"
    assert body("{status: 200, body: {environment_variable: PORTICO_TEST_BODY}}") == b"from environment"


def test_formatted_bodies() -> None:
    text = (
        "{status: 200, body: {inline_string: hi}, body_format: {content_type: text/html,"
        " text_format_source: {inline_string: '<%LOCAL_REPLY_BODY% %REQ(:path)%>'}}}"
    )
    assert body(text) == b"<hi /p>"
    assert direct(text).content_type == b"text/html"
    as_json = "{status: 404, body_format: {json_format: {a: '%REQ(:path)%'}}}"
    assert body(as_json) == b'{"a":"/p"}\n'
    assert direct(as_json).content_type == b"application/json"
    assert direct("{status: 404}").content_type == b""
    assert direct("{status: 404, body_format: {text_format_source: {inline_string: a}}}").content_type == b""


@pytest.mark.parametrize(
    ("status", "where"), [(201, b"http://h.test/p?q"), (302, b"http://h.test/p?q"), (200, b""), (400, b"")]
)
def test_created_and_redirections_carry_the_requests_url(status: int, where: bytes) -> None:
    assert direct(f"{{status: {status}}}").location(get("/p?q")) == where


def test_size_limit(tmp_path: Path) -> None:
    file = tmp_path / "body"
    file.write_bytes(b"x" * 4097)
    route = "{match: {prefix: /}, direct_response: {status: 200, body: %s}}"
    assert complaint(route % f"{{filename: {file}}}") == (
        f"direct_response.body.filename: file {file} size is 4097 bytes; maximum is 4096"
    )
    text = f"{{inline_string: {'x' * 4097}}}"
    assert (
        complaint(route % text)
        == "direct_response.body.inline_string: response body size is 4097 bytes; maximum is 4096"
    )


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{filename: /nope}", "filename: file /nope does not exist"),
        (
            "{environment_variable: PORTICO_NOPE}",
            "environment_variable: Environment variable doesn't exist: PORTICO_NOPE",
        ),
        ("{}", "specifier: is required: one of filename"),
    ],
)
def test_wrong_bodies(source: str, text: str) -> None:
    route = f"{{match: {{prefix: /}}, direct_response: {{status: 200, body: {source}}}}}"
    assert complaint(route).startswith("direct_response.body." + text)


def test_message_is_not_kept() -> None:
    """Protobuf stays in from_proto: nothing a request touches holds a message."""
    action = forward("{cluster: a, timeout: 1s, upgrade_configs: [{upgrade_type: x}]}")
    kept = type(message("envoy.config.route.v3.RouteAction", "{cluster: a}")).__mro__[-2]
    assert not [name for name in dir(action) if isinstance(getattr(action, name), kept)]
