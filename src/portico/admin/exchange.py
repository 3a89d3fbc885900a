"""One question to the admin interface and its answer, without their connection."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import unquote

from portico.admin.state import ServerState

TEXT = "text/plain; charset=UTF-8"
PLAIN = "text/plain"  # Envoy's content type for refusals of /config_dump
JSON = "application/json"
HTML = "text/html; charset=UTF-8"

FORM = "application/x-www-form-urlencoded"

Body = bytes | AsyncIterator[bytes]


class QueryParams:
    """Parameters in order, percent-decoded. A name without `=` has an empty value; the first of a name counts."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self.pairs = pairs

    def get(self, name: str) -> str | None:
        for key, value in self.pairs:
            if key == name:
                return value
        return None

    def has(self, name: str) -> bool:
        return self.get(name) is not None

    def first_values(self) -> dict[str, str]:
        return dict(reversed(self.pairs))

    def __len__(self) -> int:
        return len(self.pairs)


def parse_query(text: str) -> QueryParams:
    pairs: list[tuple[str, str]] = []
    for part in text.split("&"):
        if part:
            key, _, value = part.partition("=")
            pairs.append((unquote(key, errors="replace"), unquote(value, errors="replace")))
    return QueryParams(pairs)


@dataclass(frozen=True)
class AdminRequest:
    """``params`` holds the query, and after it the fields of a form body."""

    method: str
    path: str  # without the query
    params: QueryParams = field(default_factory=lambda: QueryParams([]))


@dataclass(frozen=True)
class AdminResponse:
    """A body that comes in pieces is for answers too large to make in one turn of the loop."""

    status: int
    body: Body
    content_type: str = TEXT
    headers: tuple[tuple[str, str], ...] = ()


def text(body: str, status: int = 200) -> AdminResponse:
    return AdminResponse(status, body.encode())


def json_text(body: str) -> AdminResponse:
    return AdminResponse(200, body.encode(), JSON)


OK = text("OK\n")

Handler = Callable[[AdminRequest, ServerState], Awaitable[AdminResponse]]


@dataclass(frozen=True)
class Param:
    """One query parameter as /help lists it."""

    name: str
    help: str
    choices: tuple[str, ...] = ()

    def description(self) -> str:
        return f"{self.help}; One of ({', '.join(self.choices)})" if self.choices else self.help


@dataclass(frozen=True)
class Endpoint:
    """One path, as it is listed and answered. A mutation needs POST."""

    path: str
    help: str
    handler: Handler
    is_mutation: bool = False
    params: tuple[Param, ...] = ()
