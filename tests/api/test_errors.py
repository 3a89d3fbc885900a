import pytest

from portico.api.errors import ConfigError, ConfigErrors, Problems, inside, join_path


def complain(error: Exception) -> None:
    raise error


def test_a_complaint_reads_resource_place_message() -> None:
    assert str(ConfigError("cluster 'api'", "hosts[0].port", "must be >= 1")) == (
        "cluster 'api': hosts[0].port: must be >= 1"
    )
    assert str(ConfigError("", "", "alone")) == "alone"


def test_problems_are_collected_under_the_place_they_happened_in() -> None:
    problems = Problems()
    with problems.at("routes[0]"):
        complain(ConfigError("", "match", "is required"))
    with problems.at("routes[1]"), inside("action"):
        complain(ConfigErrors([ConfigError("", "a", "one"), ConfigError("", "[2]", "two")]))
    with problems.at("routes[2]"):
        pass
    with pytest.raises(ConfigErrors) as caught:
        problems.raise_if_any()
    assert str(caught.value).splitlines() == [
        "routes[0].match: is required",
        "routes[1].action.a: one",
        "routes[1].action[2]: two",
    ]


def test_no_problem_raises_nothing() -> None:
    Problems().raise_if_any()
    with inside("field"):
        pass


def test_a_complaint_that_names_its_resource_keeps_it() -> None:
    problems = Problems()
    with problems.at("listeners[0]", "listener 'a'"):
        complain(ConfigError("", "address", "is taken"))
    with problems.at("clusters[0]", "cluster 'b'"):
        complain(ConfigError("endpoint 'c'", "port", "is taken"))
    assert [error.resource for error in problems.errors] == ["listener 'a'", "endpoint 'c'"]


@pytest.mark.parametrize(
    ("outer", "inner", "joined"),
    [("a.b", "c[0]", "a.b.c[0]"), ("a", "[1]", "a[1]"), ("", "x", "x"), ("x", "", "x")],
)
def test_paths_are_joined_with_a_dot_unless_an_index_follows(outer: str, inner: str, joined: str) -> None:
    assert join_path(outer, inner) == joined
