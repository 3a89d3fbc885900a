"""The index must never change which route is found."""

from hypothesis import given
from hypothesis import strategies as st

from portico.matching.regex import Regex
from portico.router.action.action import NonForwardingAction
from portico.router.level import Level
from portico.router.match.path import (
    ExactPath,
    ExactPathIgnoreCase,
    PathMatch,
    PrefixPath,
    PrefixPathIgnoreCase,
    RegexPath,
    SeparatedPrefixPath,
)
from portico.router.match.route_match import RouteMatch
from portico.router.route import Route, RouteDescription
from portico.router.route_index import WORTH_AN_INDEX, RouteIndex
from tests.router.tables import get, matched, routes

PATHS = st.text("ab/A", max_size=4).map(lambda text: b"/" + text.encode())
MATCHES = st.one_of(
    PATHS.map(ExactPath),
    PATHS.map(ExactPathIgnoreCase),
    PATHS.map(PrefixPath),
    PATHS.map(PrefixPathIgnoreCase),
    st.builds(SeparatedPrefixPath, PATHS, st.booleans()),
    st.just(RegexPath(Regex("/[ab]+"))),
)


def route(match: PathMatch) -> Route:
    return Route(RouteMatch(match, []), NonForwardingAction(), RouteDescription(), Level())


@given(st.lists(MATCHES, max_size=12), PATHS)
def test_candidates_hold_every_match_in_order(matches: list[PathMatch], path: bytes) -> None:
    listed = [route(match) for match in matches]
    candidates = RouteIndex(listed).candidates(path)
    positions = [next(index for index, each in enumerate(listed) if each is found) for found in candidates]
    assert positions == sorted(set(positions))
    matching = [index for index, each in enumerate(listed) if each.match.path.matches(path)]
    assert set(matching) <= set(positions)


def test_long_lists_are_asked_through_the_index() -> None:
    text = "[" + ",".join(
        f"{{name: r{index}, match: {{prefix: /{index}/}}, direct_response: {{status: 200}}}}"
        for index in range(WORTH_AN_INDEX + 10)
    ) + ", {name: last, match: {prefix: /}, direct_response: {status: 200}}]"  # fmt: skip
    where = routes(text)
    assert matched(where, get("/7/x?y")) == "r7"
    assert matched(where, get("/x")) == "last"
    assert matched(where, get("", "h:80", "CONNECT")) == "-"


def test_far_routes_are_not_asked() -> None:
    listed = [route(PrefixPath(b"/%d/" % index)) for index in range(1000)]
    assert RouteIndex(listed).candidates(b"/77/x") == [listed[77]]
