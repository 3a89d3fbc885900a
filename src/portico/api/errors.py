"""What is wrong with a configuration, and where: raised by config, from_proto and factories, caught once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mypy_extensions import mypyc_attr


@mypyc_attr(allow_interpreted_subclasses=True)
class ConfigError(Exception):
    """One complaint: the resource it is about, the field path inside it, and what was found and allowed."""

    def __init__(self, resource: str, field_path: str, message: str) -> None:
        super().__init__(resource, field_path, message)
        self.resource = resource  # e.g. "cluster 'api'"; "" = the bootstrap itself
        self.field_path = field_path  # e.g. "endpoints[0].lb_endpoints[2]"; relative to the resource
        self.message = message

    def __str__(self) -> str:
        return ": ".join(part for part in (self.resource, self.field_path, self.message) if part)


class ConfigErrors(Exception):
    """Every complaint about one configuration, in the order of discovery. Never empty."""

    def __init__(self, errors: list[ConfigError]) -> None:
        super().__init__(errors)
        self.errors = errors

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)


class Problems:
    """Collects complaints so that one load reports all of them.

    ``with problems.at("routes[3]"):`` prefixes the field path of what is raised inside and goes on after it.
    """

    def __init__(self) -> None:
        self.errors: list[ConfigError] = []

    @contextmanager
    def at(self, field_path: str, resource: str = "") -> Iterator[None]:
        try:
            yield
        except ConfigError as error:
            self._take(error, field_path, resource)
        except ConfigErrors as several:
            for each in several.errors:
                self._take(each, field_path, resource)

    def _take(self, error: ConfigError, field_path: str, resource: str) -> None:
        joined = join_path(field_path, error.field_path)
        self.errors.append(ConfigError(error.resource or resource, joined, error.message))

    def raise_if_any(self) -> None:
        if self.errors:
            raise ConfigErrors(self.errors)


@contextmanager
def inside(field_path: str) -> Iterator[None]:
    """Prefixes the field path of what is raised inside, and lets it go on."""
    problems = Problems()
    with problems.at(field_path):
        yield
    problems.raise_if_any()


def join_path(outer: str, inner: str) -> str:
    """``a.b`` + ``c[0]`` -> ``a.b.c[0]``; either may be empty."""
    if not outer or not inner or inner.startswith("["):
        return outer + inner
    return f"{outer}.{inner}"
