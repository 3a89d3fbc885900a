from collections.abc import Callable
from typing import Any

import pytest

from portico.api.errors import ConfigError
from portico.api.registry import ALL_FIELDS, Registry, load_module_of, module_for

Factory = Callable[[Any], str]


def test_factory_is_found_by_the_type_of_its_message() -> None:
    registry: Registry[Factory] = Registry("envoy.test")

    @registry.register("envoy.test.v3.Thing", frozenset(["name"]), is_terminal=True)
    def thing(config: Any) -> str:
        return f"thing {config}"

    found = registry.lookup("envoy.test.v3.Thing")
    assert found.factory("x") == thing("x") == "thing x"
    assert (found.type_name, found.fields) == ("envoy.test.v3.Thing", frozenset(["name"]))
    assert found.is_terminal


def test_all_fields_are_honoured_unless_said_otherwise() -> None:
    registry: Registry[Factory] = Registry("envoy.test")
    registry.register("envoy.test.v3.Thing")(str)
    assert registry.lookup("envoy.test.v3.Thing").fields is ALL_FIELDS


def test_two_claims_to_one_type_are_our_mistake() -> None:
    registry: Registry[Factory] = Registry("envoy.test")
    registry.register("envoy.test.v3.Thing")(str)
    with pytest.raises(ValueError, match=r"envoy\.test\.v3\.Thing: two files claim"):
        registry.register("envoy.test.v3.Thing")(str)


def test_unknown_type_is_refused_with_the_nearest_known_one() -> None:
    registry: Registry[Factory] = Registry("envoy.test")
    registry.register("envoy.test.v3.Thing")(str)
    with pytest.raises(ConfigError) as refused:
        registry.lookup("envoy.test.v3.Thinh")
    assert "registered implementation of envoy.test with type URL: 'envoy.test.v3.Thinh'" in str(refused.value)
    assert "did you mean 'envoy.test.v3.Thing'?" in str(refused.value)


@pytest.mark.parametrize(
    ("type_name", "module"),
    [
        ("envoy.extensions.filters.http.buffer.v3.Buffer", "portico.extensions.filters.http.buffer"),
        ("envoy.extensions.access_loggers.file.v3.FileAccessLog", "portico.extensions.access_loggers.file"),
        ("google.protobuf.Struct", None),
        ("os.path.v3.Join", None),
    ],
)
def test_type_names_its_module_and_none_outside_this_package(type_name: str, module: str | None) -> None:
    assert module_for(type_name) == module


def test_module_is_imported_at_the_first_question_only_if_it_is_there() -> None:
    assert load_module_of("envoy.extensions.filters.http.router.v3.Router")
    assert not load_module_of("envoy.extensions.filters.http.nothing_of_that_name.v3.Nothing")
    assert not load_module_of("envoy.extensions.no.such.folder.v3.Nothing")
