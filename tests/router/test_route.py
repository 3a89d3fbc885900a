"""A route with everything above it: final headers, filter configurations, stats. Orders measured on Envoy 1.40."""

# ruff: noqa: E501 - configuration and Envoy's own sentences stay on one line

from portico.api.headers import RequestHeaders, ResponseHeaders
from portico.router.action.cluster_specifier import RouteChoice
from portico.router.route import Route, rewrite_host
from portico.router.route_table import RouteTable
from tests.router.tables import get, route_for, stream_info, table


def level(name: str, indent: int) -> str:
    """Mutations that show when, and on what, they ran."""
    seen = f"{name} %REQ(:path)% %REQ(:authority)%"
    pad = " " * indent
    return f"""
{pad}request_headers_to_add:
{pad}- {{header: {{key: x-t, value: '{seen}'}}}}
{pad}- {{header: {{key: x-o, value: {name}}}, append_action: OVERWRITE_IF_EXISTS_OR_ADD}}
{pad}response_headers_to_add:
{pad}- {{header: {{key: x-t, value: '{name} %REQ(:path)% %RESP(x-up)%'}}}}
{pad}- {{header: {{key: x-o, value: {name}}}, append_action: OVERWRITE_IF_EXISTS_OR_ADD}}
"""


def stacked(wins: str = "false") -> RouteTable:
    return table(
        f"most_specific_header_mutations_wins: {wins}{level('table', 0)}virtual_hosts:\n- name: v\n  domains: ['*']"
        f"{level('host', 2)}  routes:\n  - match: {{prefix: /wc}}{level('route', 4)}"
        "    route:\n      prefix_rewrite: /new\n      host_rewrite_literal: route.test\n      weighted_clusters:\n"
        f"        clusters:\n        - name: a\n          weight: 1\n          host_rewrite_literal: wc.test"
        f"{level('cluster', 10)}"
    )


def finalized(where: RouteTable, headers: RequestHeaders, insert: bool = True) -> RequestHeaders:
    route = route_for(where, headers)
    route.finalize_request_headers(headers, stream_info(), choice(route, headers), insert)
    return headers


def choice(route: Route, headers: RequestHeaders) -> RouteChoice:
    assert route.forward is not None
    return route.forward.choose(headers, stream_info(), 0)


def test_mutations_run_before_rewrites_from_the_most_specific_level() -> None:
    headers = finalized(stacked(), get("/wc/x?q"))
    assert headers.get_all(b"x-t") == [
        b"cluster /wc/x?q h.test",
        b"route /wc/x?q wc.test",
        b"host /wc/x?q wc.test",
        b"table /wc/x?q wc.test",
    ]
    assert headers.get_all(b"x-o") == [b"table"]
    assert (headers.path, headers.authority) == (b"/new/x?q", b"route.test")
    assert headers.get(b"x-envoy-original-path") == b"/wc/x?q"
    assert headers.get(b"x-envoy-original-host") == b"wc.test"


def test_most_specific_wins_turns_the_levels_round_but_not_the_cluster() -> None:
    headers = finalized(stacked("true"), get("/wc"))
    assert [value.split()[0] for value in headers.get_all(b"x-t")] == [b"cluster", b"table", b"host", b"route"]
    assert headers.get_all(b"x-o") == [b"route"]


def test_response_mutations_take_the_same_order() -> None:
    for wins, order in (
        ("false", [b"cluster", b"route", b"host", b"table"]),
        ("true", [b"cluster", b"table", b"host", b"route"]),
    ):
        where = stacked(wins)
        request = get("/wc")
        route = route_for(where, request)
        response = ResponseHeaders(200, [(b"x-up", b"up")])
        route.finalize_response_headers(response, request, stream_info(), choice(route, request))
        values = response.get_all(b"x-t")
        assert [value.split()[0] for value in values] == order
        assert values[0] == b"cluster /wc up"
        assert response.get_all(b"x-o") == [order[-1]]


def test_response_without_a_choice() -> None:
    request = get("/wc")
    response = ResponseHeaders(200)
    route_for(stacked(), request).finalize_response_headers(response, request, stream_info())
    assert [value.split()[0] for value in response.get_all(b"x-t")] == [b"route", b"host", b"table"]


def test_originals_are_left_out_when_envoy_headers_are_suppressed() -> None:
    headers = finalized(stacked(), get("/wc"), insert=False)
    assert headers.path == b"/new"
    assert not headers.has(b"x-envoy-original-path")
    assert not headers.has(b"x-envoy-original-host")


def one(route: str) -> RouteTable:
    return table(f"virtual_hosts: [{{name: v, domains: ['*'], routes: [{{match: {{prefix: /}}, route: {route}}}]}}]")


def test_plain_route_leaves_the_block_alone() -> None:
    headers = finalized(one("{cluster: a}"), get("/a?b", x="1"))
    assert headers == get("/a?b", x="1")


def test_rewrite_to_nothing_is_none() -> None:
    headers = finalized(one("{cluster: a, regex_rewrite: {pattern: {regex: '/d'}}}"), get("/d?q"))
    assert (headers.path, headers.has(b"x-envoy-original-path")) == (b"/d?q", False)
    headers = finalized(one("{cluster: a, host_rewrite_header: x-h, append_x_forwarded_host: true}"), get("/"))
    assert (headers.authority, headers.items()) == (b"h.test", [])


def test_original_headers_are_replaced_where_they_stand() -> None:
    headers = get("/x", "h", x_envoy_original_host="old", x_envoy_original_path="old", z="z")
    finalized(one("{cluster: a, host_rewrite_literal: n, prefix_rewrite: /y}"), headers)
    assert headers.items() == [(b"x-envoy-original-host", b"h"), (b"x-envoy-original-path", b"/x"), (b"z", b"z")]


def forwarded_host(present: str | None) -> bytes | None:
    headers = get("/", "h") if present is None else get("/", "h", x_forwarded_host=present)
    rewrite_host(headers, b"n", append_forwarded=True, insert_envoy_original=False)
    return headers.get(b"x-forwarded-host")


def test_old_host_joins_x_forwarded_host_once() -> None:
    assert forwarded_host(None) == b"h"
    assert forwarded_host("h") == b"h"
    assert forwarded_host("b,h") == b"b,h"
    assert forwarded_host("b, h") == b"b, h,h"
    assert forwarded_host("b,") == b"b,,h"
    assert forwarded_host("h,b") == b"h,b,h"


def test_same_host_counts_as_rewritten() -> None:
    headers = get("/", "h")
    rewrite_host(headers, b"h", append_forwarded=True, insert_envoy_original=True)
    assert headers.items() == [(b"x-envoy-original-host", b"h"), (b"x-forwarded-host", b"h")]


def test_counted_in_its_own_stats_and_its_virtual_clusters() -> None:
    where = table(
        "virtual_hosts: [{name: v, domains: ['*'], virtual_clusters: [{name: a, headers: [{name: ':path',"
        " string_match: {prefix: /a}}]}], routes: [{name: r, match: {prefix: /}, stat_prefix: s, route: {cluster: c}}]}]"
    )
    info = stream_info()
    route = route_for(where, get("/a"))
    names = [stats.upstream_rq_total.name for stats in route.charged_stats(get("/a"), info)]
    assert names == ["vhost.v.route.s.upstream_rq_total", "vhost.v.vcluster.a.upstream_rq_total"]
    assert info.virtual_cluster_name == "a"
    info = stream_info()
    names = [stats.upstream_rq_total.name for stats in route.charged_stats(get("/b"), info)]
    assert names[1:] == ["vhost.v.vcluster.other.upstream_rq_total"]
    assert info.virtual_cluster_name == ""
    plain = one("{cluster: a}")
    assert route_for(plain, get("/")).charged_stats(get("/"), info) == []


def test_prints_where_it_is() -> None:
    assert repr(route_for(one("{cluster: a}"), get("/"))) == "Route(v/ForwardAction)"
