"""Extensions by the config message that selects them. The type URL is the module path: there is no import list."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any, Generic, TypeVar

from portico.api.errors import ConfigError

F = TypeVar("F")

ALL_FIELDS: frozenset[str] = frozenset(["*"])


class Registration(Generic[F]):
    """One factory and the fields of its message it implements."""

    def __init__(self, type_name: str, factory: F, fields: frozenset[str], is_terminal: bool = False) -> None:
        self.type_name = type_name
        self.factory = factory
        self.fields = fields
        self.is_terminal = is_terminal  # nothing may follow it in its chain, and every chain ends with such a one


class Registry(Generic[F]):
    """Factories of one category. The first lookup of a type name imports its module."""

    def __init__(self, category: str) -> None:
        self.category = category  # Envoy's, e.g. "envoy.filters.http"
        self.entries: dict[str, Registration[F]] = {}

    def register(
        self, type_name: str, fields: frozenset[str] = ALL_FIELDS, is_terminal: bool = False
    ) -> Callable[[F], F]:
        """Decorator for a factory. ``fields`` are the message's fields it honours, for unimplemented-field warnings."""

        def keep(factory: F) -> F:
            if type_name in self.entries:
                raise ValueError(f"{type_name}: two files claim one type URL")
            self.entries[type_name] = Registration(type_name, factory, fields, is_terminal)
            return factory

        return keep

    def lookup(self, type_name: str) -> Registration[F]:
        """Raises ConfigError naming the nearest known type when nothing claims ``type_name``."""
        if type_name not in self.entries:
            load_module_of(type_name)
        found = self.entries.get(type_name)
        if found is None:
            near = get_close_matches(type_name, self.entries, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ConfigError(
                "", "", f"Didn't find a registered implementation of {self.category} with type URL: {type_name!r}{hint}"
            )
        return found


def load_module_of(type_name: str) -> bool:
    """Import the module that owns ``type_name``; False when there is none."""
    name = module_for(type_name)
    if name is None or not is_module(name):
        return False
    importlib.import_module(name)
    return True


def is_module(name: str) -> bool:
    """Whether there is a module ``name``; its own code does not run, that of the packages above it does."""
    parent = name.rpartition(".")[0]
    if parent and not is_module(parent):
        return False  # find_spec raises when the package is not there
    return importlib.util.find_spec(name) is not None


def module_for(type_name: str) -> str | None:
    """``envoy.extensions.filters.http.buffer.v3.Buffer`` -> ``portico.extensions.filters.http.buffer``.

    Configuration can name no module outside this package.
    """
    if not type_name.startswith("envoy.extensions."):
        return None
    return "portico.extensions." + type_name.removeprefix("envoy.extensions.").rsplit(".", 2)[0]


ExtensionFactory = Callable[[Any, Any], Any]  # (message, FactoryContext) -> what the category makes
