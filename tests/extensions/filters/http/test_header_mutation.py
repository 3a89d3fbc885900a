"""Expectations were measured on Envoy 1.40; tests/conformance/cases/filters holds them against the real one."""

import pytest

from portico.api.errors import ConfigErrors
from portico.extensions.filters.http.header_mutation import header_mutation, header_mutation_per_route
from portico.testing.filter_harness import FilterHarness
from tests.router.tables import factory_context, get, message, table

TYPE = "envoy.extensions.filters.http.header_mutation.v3.HeaderMutation"
REQ_WITHOUT_QUERY = "type.googleapis.com/envoy.extensions.formatter.req_without_query.v3.ReqWithoutQuery"


def chain(mutations: str, wins: bool = False, levels: dict[str, str] | None = None) -> FilterHarness:
    """A filter called "m"; ``levels`` are the mutations of table, vhost and route."""
    config = message(TYPE, f"{{mutations: {mutations}, most_specific_header_mutations_wins: {str(wins).lower()}}}")
    own = {
        where: f'typed_per_filter_config: {{m: {{"@type": type.googleapis.com/{TYPE}PerRoute, mutations: {text}}}}}, '
        for where, text in (levels or {}).items()
    }
    route = f"{{{own.get('route', '')}match: {{prefix: /}}, route: {{cluster: c}}}}"
    host = f'{{{own.get("vhost", "")}name: v, domains: ["*"], routes: [{route}]}}'
    routes = table(f"{{{own.get('table', '')}name: rc, virtual_hosts: [{host}]}}")
    return FilterHarness(header_mutation(config, factory_context())(), routes=routes).name_filters("m")


def add(key: str, value: str, action: str = "APPEND_IF_EXISTS_OR_ADD") -> str:
    return f'{{append: {{header: {{key: {key}, value: "{value}"}}, append_action: {action}}}}}'


def record(key: str, value: str, action: str = "APPEND_IF_EXISTS_OR_ADD") -> str:
    return f'{{append: {{record: {{key: "{key}", value: "{value}"}}, action: {action}}}}}'


def path_after(query_mutations: str, path: str) -> bytes:
    upstream = chain(f"{{query_parameter_mutations: [{query_mutations}]}}").headers(get(path), True).upstream
    assert upstream.request is not None
    return upstream.request.path


def test_each_step_sees_what_the_ones_before_it_did() -> None:
    steps = ", ".join([add("a", "1"), add("b", "%REQ(a)%"), "{remove: A}", add("c", "%REQ(a)%x")])
    upstream = chain(f"{{request_mutations: [{steps}]}}").headers(get("/"), True).upstream
    assert upstream.request is not None
    assert upstream.request.items() == [(b"b", b"1"), (b"c", b"x")]


def test_responses_know_their_request_and_status() -> None:
    filtered = chain(f"{{response_mutations: [{add('a', '%RESPONSE_CODE% %REQ(q)% %RESP(k)%')}, {{remove: k}}]}}")
    filtered.headers(get("/", q="Q"), True).respond(200, b"", k="K")
    assert filtered.client.response is not None
    assert filtered.client.response.get(b"a") == b"200 Q K"
    assert not filtered.client.response.has(b"k")


def test_trailers_are_changed_where_there_are_any() -> None:
    twice = f"{add('grpc-status', '1')}, {add('grpc-status', '%TRAILER(t)%')}, {{remove: t}}"
    text = f"{{request_trailers_mutations: [{twice}], response_trailers_mutations: [{twice}]}}"
    filtered = chain(text).headers(get("/")).trailers((b"t", b"2"))
    filtered.respond().respond_trailers((b"t", b"2"))
    assert filtered.upstream.trailers is not None
    assert filtered.client.trailers is not None
    assert filtered.upstream.trailers.items() == [(b"grpc-status", b"1")]  # %TRAILER% reads the response's
    assert filtered.client.trailers.items() == [(b"grpc-status", b"1,2")]
    assert chain(text).headers(get("/")).data(b"x", True).upstream.trailers is None


@pytest.mark.parametrize(("wins", "order"), [(False, "filter route vhost table"), (True, "filter table vhost route")])
def test_the_levels_run_in_order(wins: bool, order: str) -> None:
    def both(level: str) -> str:
        return f"{{request_mutations: [{add('q', level)}], response_mutations: [{add('r', level)}]}}"

    levels = {level: both(level) for level in ("table", "vhost", "route")}
    filtered = chain(both("filter"), wins, levels).headers(get("/"), True)
    filtered.respond(200, b"")
    assert filtered.upstream.request is not None
    assert filtered.client.response is not None
    assert b" ".join(filtered.upstream.request.get_all(b"q")).decode() == order
    assert b" ".join(filtered.client.response.get_all(b"r")).decode() == order


@pytest.mark.parametrize(
    ("mutation", "path", "expected"),
    [
        (record("k", "a b/%REQ(:METHOD)%"), "/p", "/p?k=a%20b%2FGET"),
        (record("k", "-_.~!*&=?#"), "/p?", "/p?k=-_.%7E%21*%26%3D%3F%23"),
        (record("k", "2"), "/p?k=1&z=1&a", "/p?a=&k=1&k=2&z=1"),
        (record("k", "2", "ADD_IF_ABSENT"), "/p?k=1", "/p?k=1"),
        (record("k", "2", "ADD_IF_ABSENT"), "/p?l=1", "/p?k=2&l=1"),
        (record("k", "2", "OVERWRITE_IF_EXISTS"), "/p?k=1&k=3", "/p?k=2"),
        (record("k", "2", "OVERWRITE_IF_EXISTS"), "/p?l=1", "/p?l=1"),
        (record("k", "%REQ(none)%", "OVERWRITE_IF_EXISTS_OR_ADD"), "/p?l=1", "/p?k=&l=1"),
        ("{remove: k}", "/p?k=1&k", "/p"),
        ('{remove: "a/b"}', "/p?a%2fb=1&c=%2f", "/p?c=%2f"),
        ("{remove: k}", "/p?&&z=%0d%0a&", "/p?=&=&z=%0d%0a"),
    ],
)
def test_query_parameters(mutation: str, path: str, expected: str) -> None:
    assert path_after(mutation, path) == expected.encode()


def test_without_query_mutations_the_path_is_left_alone() -> None:
    assert path_after("", "/p?z=1&a") == b"/p?z=1&a"


def test_formatters_bring_operators_of_their_own() -> None:
    value = "%REQ_WITHOUT_QUERY(:PATH)%"
    extension = f'formatters: [{{name: f, typed_config: {{"@type": {REQ_WITHOUT_QUERY}}}}}]'
    text = f"request_mutations: [{add('a', value)}], query_parameter_mutations: [{record('k', value)}]"
    upstream = chain(f"{{{text}, {extension}}}").headers(get("/p?q"), True).upstream
    assert upstream.request is not None
    assert (upstream.request.get(b"a"), upstream.request.path) == (b"/p", b"/p?k=%2Fp&q=")


@pytest.mark.parametrize(
    ("mutations", "complaint"),
    [
        (
            "query_parameter_mutations: [{}]",
            "query_parameter_mutations[0]: One of 'append'/'remove' must be specified.",
        ),
        (
            f"query_parameter_mutations: [{record('a', 'b')[:-1]}, remove: c}}]",
            "query_parameter_mutations[0]: Only one of 'append'/'remove' can be specified.",
        ),
        (
            "query_parameter_mutations: [{append: {}}]",
            "query_parameter_mutations[0].append.record: No record specified for append mutation.",
        ),
        (
            "query_parameter_mutations: [{append: {record: {key: a, value: 1}}}]",
            "query_parameter_mutations[0].append.record.value: Only string value is allowed for record value.",
        ),
        (
            f"query_parameter_mutations: [{record('a', '%FOO%')}]",
            "query_parameter_mutations[0].append.record.value: Not supported field in StreamInfo: FOO",
        ),
        (
            f"response_trailers_mutations: [{{remove: a}}, {add('host', 'b')}]",
            "response_trailers_mutations[1].append.header.key: :-prefixed or host headers may not be modified",
        ),
        (
            "request_mutations: [{remove: ':path'}]",
            "request_mutations[0].remove: :-prefixed or host headers may not be removed",
        ),
    ],
)
def test_wrong_mutations_are_located(mutations: str, complaint: str) -> None:
    for build, kind in ((header_mutation, TYPE), (header_mutation_per_route, TYPE + "PerRoute")):
        with pytest.raises(ConfigErrors) as caught:
            build(message(kind, f"{{mutations: {{{mutations}}}}}"), factory_context())
        assert str(caught.value).startswith("mutations." + complaint)
