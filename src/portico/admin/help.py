"""/help, and the same list under a 404."""

from __future__ import annotations

from collections.abc import Iterable

from portico.admin.exchange import AdminResponse, Endpoint, text


def listing(endpoints: Iterable[Endpoint]) -> str:
    lines = ["admin commands are:\n"]
    for endpoint in sorted(endpoints, key=lambda each: each.path):
        lines.append(f"  {endpoint.path}{' (POST)' if endpoint.is_mutation else ''}: {endpoint.help}\n")
        lines += [f"      {param.name}: {param.description()}\n" for param in endpoint.params]
    return "".join(lines)


def not_found(endpoints: Iterable[Endpoint]) -> AdminResponse:
    return text(f"invalid path. {listing(endpoints)}", 404)
