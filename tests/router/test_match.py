"""Route matches: each kind of path and each criterion, as Envoy 1.40 answers."""

# ruff: noqa: E501 - configuration and Envoy's own sentences stay on one line

import pytest

from portico.api.errors import ConfigErrors
from portico.api.tls_info import TlsInfo
from portico.router.match.route_match import path_without_query
from portico.router.match.uri_template import InvalidTemplateError, TemplateParser, TemplateRewrite
from tests.router.tables import FakeRuntime, factory_context, get, matched, routes, stream_info

TEMPLATE = "{'@type': type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig, path_template: '%s'}"


def one(match: str) -> str:
    return f"[{{name: 'yes', match: {match}, direct_response: {{status: 200}}}}]"


@pytest.mark.parametrize(
    ("match", "yes", "no"),
    [
        ("{prefix: /a}", ["/a", "/ab", "/a/b?c"], ["/", "/A", "/b?/a"]),
        ("{prefix: ''}", ["/", "/x"], []),
        ("{prefix: /a, case_sensitive: false}", ["/A/b", "/a"], ["/b"]),
        ("{prefix: '/a?x'}", [], ["/a?x"]),
        ("{path: /a}", ["/a", "/a?b", "/a#b"], ["/a/", "/A", "/"]),
        ("{path: /aB, case_sensitive: false}", ["/Ab", "/AB?x"], ["/a"]),
        ("{path_separated_prefix: /a}", ["/a", "/a/", "/a/b?c"], ["/ab", "/", "/A"]),
        ("{path_separated_prefix: /a, case_sensitive: false}", ["/A", "/A/b"], ["/Ab"]),
        ("{safe_regex: {regex: '/x/.*[.]js'}}", ["/x/a.js", "/x/a.js?y"], ["/x/a.jsx", "/X/a.js"]),
        ("{safe_regex: {regex: '/x'}, case_sensitive: false}", ["/x"], ["/X"]),
        (
            f"{{path_match_policy: {{name: n, typed_config: {TEMPLATE % '/u/{id}/*/{rest=**}'}}}}}",
            ["/u/1/2/3/4", "/u/1/2/", "/u/1/2/3?x", "/u/%41/2/3"],
            ["/u/1/2", "/u//2/3", "/v/1/2/3"],
        ),
        (
            f"{{path_match_policy: {{name: n, typed_config: {TEMPLATE % '/w/{id=a/*/b}/**.js'}}}}}",
            ["/w/a/x/b/foo/bar.js", "/w/a/x/b/.js"],
            ["/w/a/x/b/foo.css", "/w/a/x/b.js", "/w/c/x/b/a.js"],
        ),
    ],
)
def test_paths(match: str, yes: list[str], no: list[str]) -> None:
    where = routes(one(match))
    assert {path: matched(where, get(path)) for path in yes + no} == {
        **dict.fromkeys(yes, "yes"),
        **dict.fromkeys(no, "-"),
    }


def test_first_route_wins() -> None:
    where = routes(
        "[{name: a, match: {prefix: /}, direct_response: {status: 200}},"
        " {name: b, match: {path: /b}, direct_response: {status: 200}}]"
    )
    assert matched(where, get("/b")) == "a"


@pytest.mark.parametrize(
    ("content_type", "answer"),
    [
        ("application/grpc", "yes"),
        ("application/grpc+proto", "yes"),
        ("application/grpc-web", "-"),
        ("application/grpc;x", "-"),
        ("text/plain", "-"),
    ],
)
def test_grpc(content_type: str, answer: str) -> None:
    assert matched(routes(one("{prefix: /, grpc: {}}")), get("/", content_type=content_type)) == answer


def test_grpc_needs_a_content_type() -> None:
    assert matched(routes(one("{prefix: /, grpc: {}}")), get("/")) == "-"


def test_headers_queries_and_cookies_all_have_to_match() -> None:
    where = routes(
        one(
            "{prefix: /, headers: [{name: a}, {name: b, string_match: {exact: '1'}}],"
            " query_parameters: [{name: q, string_match: {exact: '1'}}, {name: r}],"
            " cookies: [{name: c, string_match: {exact: '1'}}]}"
        )
    )
    assert matched(where, get("/?q=1&r", a="", b="1", cookie="c=1")) == "yes"
    assert matched(where, get("/?q=1&r", b="1", cookie="c=1")) == "-"
    assert matched(where, get("/?q=1&r", a="", b="2", cookie="c=1")) == "-"
    assert matched(where, get("/?q=1", a="", b="1", cookie="c=1")) == "-"
    assert matched(where, get("/?q=2&r", a="", b="1", cookie="c=1")) == "-"
    assert matched(where, get("/?q=1&r", a="", b="1", cookie="c=2")) == "-"


def test_pseudo_headers_can_be_matched() -> None:
    where = routes(
        one(
            "{prefix: /, headers: [{name: ':method', string_match: {exact: POST}}, {name: host, string_match: {exact: h}},"
            " {name: ':path', string_match: {exact: '/p?x'}}, {name: ':scheme', string_match: {exact: http}}]}"
        )
    )
    assert matched(where, get("/p?x", "h", "POST")) == "yes"
    assert matched(where, get("/p?x", "h", "GET")) == "-"
    assert matched(where, get("/p", "h", "POST")) == "-"


def test_runtime_fraction_by_the_requests_random_value() -> None:
    context = factory_context()
    runtime = context.server.runtime
    assert isinstance(runtime, FakeRuntime)
    where = routes(one("{prefix: /, runtime_fraction: {default_value: {numerator: 30}, runtime_key: k}}"), context)
    assert [matched(where, get("/"), value) for value in (0, 29, 30, 130)] == ["yes", "yes", "-", "-"]
    assert matched(where, get("/"), 2**64 - 1) == "yes"  # 15 of 100
    runtime.values["k"] = 0
    assert matched(where, get("/"), 0) == "-"


@pytest.mark.parametrize(
    ("criteria", "plain", "anonymous", "presented", "validated"),
    [
        ("{presented: true}", "-", "-", "yes", "yes"),
        ("{presented: false}", "yes", "yes", "-", "-"),
        ("{validated: true}", "-", "-", "-", "yes"),
        ("{validated: false}", "yes", "yes", "yes", "-"),
        ("{presented: true, validated: false}", "-", "-", "yes", "-"),
        ("{}", "yes", "yes", "yes", "yes"),
    ],
)
def test_tls_context(criteria: str, plain: str, anonymous: str, presented: str, validated: str) -> None:
    where = routes(one(f"{{prefix: /, tls_context: {criteria}}}"))
    answers = [matched(where, get("/"))]
    for certificate, is_validated in (("", False), ("PEM", False), ("PEM", True)):
        info = stream_info()
        tls = TlsInfo()
        tls.peer_certificate = certificate
        tls.is_peer_validated = is_validated
        info.connection.tls = tls
        answers.append(matched(where, get("/"), info=info))
    assert answers == [plain, anonymous, presented, validated]


def test_metadata_and_filter_state() -> None:
    where = routes(
        one(
            "{prefix: /, dynamic_metadata: [{filter: f, path: [{key: k}], value: {string_match: {exact: v}}}],"
            " filter_state: [{key: s, string_match: {exact: t}}]}"
        )
    )
    info = stream_info()
    assert matched(where, get("/"), info=info) == "-"
    info.dynamic_metadata = {"f": {"k": "v"}}
    assert matched(where, get("/"), info=info) == "-"
    info.filter_state = {"s": "t"}
    assert matched(where, get("/"), info=info) == "yes"


def test_connect_matcher_takes_connect_and_connect_udp() -> None:
    where = routes(one("{connect_matcher: {}}"))
    assert matched(where, get("", "h:80", "CONNECT")) == "yes"
    assert matched(where, get("/x", "h:80", "CONNECT")) == "yes"
    assert matched(where, get("/x", upgrade="Connect-UDP")) == "yes"
    assert matched(where, get("/x", upgrade="websocket")) == "-"
    assert matched(where, get("/x")) == "-"


def test_path_ends_at_query_or_fragment() -> None:
    assert [path_without_query(path) for path in (b"/a?b#c", b"/a#b?c", b"/a", b"?")] == [b"/a", b"/a", b"/a", b""]


@pytest.mark.parametrize(
    ("template", "complaint"),
    [
        ("a", "Invalid pattern"),
        ("/a b", "Invalid pattern"),
        ("/a//b", "Invalid literal"),
        ("/a=b", "Invalid literal"),
        ("/{a", "Unmatched variable bracket"),
        ("/{1}", "Invalid variable name"),
        ("/{a=}", "Empty variable match"),
        ("/{a=b*}", "Invalid literal"),
        ("/{a=*b}", "Invalid variable match"),
        ("/{a=b/}", "Invalid variable match"),
        ("/**/*", "Glob after text glob."),
        ("/**/{a}", "Implicit variable path glob after text glob."),
        ("/{a}/{a}", "Repeated variable name"),
        ("/{a}/{b}/{c}/{d}/{e}/{f}", "Exceeded variable count limit"),
        ("/{abcdefghijklmnopq}", "Invalid variable length"),
        ("/{a}b/c", "Prefix match not supported."),
    ],
)
def test_wrong_templates(template: str, complaint: str) -> None:
    with pytest.raises(InvalidTemplateError, match=complaint.replace(".", "[.]")):
        TemplateParser(template).regex()


@pytest.mark.parametrize(
    ("template", "rewrite", "path", "new"),
    [
        ("/u/{id}/*/{rest=**}", "/new/{rest}/{id}", b"/u/1/2/3/4", b"/new/3/4/1"),
        ("/u/{id}/*/{rest=**}", "/new/{rest}/{id}", b"/u/1/2/", b"/new//1"),
        ("/{a=x/*}.html", "/{a}", b"/x/y.html", b"/x/y"),
        ("/a/", "/b", b"/a/", b"/b"),
        ("/a", "/b", b"/c", None),
    ],
)
def test_template_rewrites(template: str, rewrite: str, path: bytes, new: bytes | None) -> None:
    assert TemplateRewrite(template, rewrite).rewrite(path) == new


@pytest.mark.parametrize(
    ("rewrite", "complaint"),
    [
        ("{a}", "Invalid rewrite variable placement"),
        ("/a//b", "Invalid rewrite literal"),
        ("/a=b", "Invalid rewrite literal pattern"),
        ("/{a", "Unmatched variable bracket"),
        ("/{1}", "Invalid variable name"),
        ("/{b}", "Nonexisting variable name"),
    ],
)
def test_wrong_template_rewrites(rewrite: str, complaint: str) -> None:
    with pytest.raises(InvalidTemplateError, match=f"^{complaint}$"):
        TemplateRewrite("/{a}", rewrite)


def test_every_complaint_about_a_match_is_reported() -> None:
    with pytest.raises(ConfigErrors) as caught:
        routes(
            one(
                "{safe_regex: {regex: '('}, headers: [{name: a, string_match: {}}],"
                " query_parameters: [{name: q, string_match: {safe_regex: {regex: '['}}}]}"
            )
        )
    assert [error.field_path.removeprefix("virtual_hosts[0].routes[0].match.") for error in caught.value.errors] == [
        "safe_regex.regex",
        "headers[0].string_match.match_pattern",
        "query_parameters[0].string_match.safe_regex.regex",
    ]


@pytest.mark.parametrize(
    ("match", "text"),
    [
        ("{}", "path_specifier: is required: one of prefix, path"),
        (
            "{path_match_policy: {name: n, typed_config: {'@type': type.googleapis.com/google.protobuf.Struct, value: {}}}}",
            "path_match_policy.typed_config: 'google.protobuf.Struct' is no path matcher",
        ),
        (
            f"{{path_match_policy: {{name: n, typed_config: {TEMPLATE % '/**/*'}}}}}",
            "path_match_policy.typed_config.path_template: path_match_policy.path_template /**/* is invalid: Glob after",
        ),
    ],
)
def test_wrong_paths(match: str, text: str) -> None:
    with pytest.raises(ConfigErrors) as caught:
        routes(one(match))
    assert str(caught.value).startswith("virtual_hosts[0].routes[0].match." + text)
