"""One command of a format string, compiled: `%REQ(:path)%` becomes an object that finds its value."""

from __future__ import annotations

from mypy_extensions import mypyc_attr

from portico.api.access_log import LogEntry
from portico.formatter.json_text import quote


@mypyc_attr(allow_interpreted_subclasses=True)
class Operator:
    """Finds one value in a log entry. ``text`` None and ``json`` None both mean: there is none.

    Envoy prints a missing value as ``-`` in text and ``null`` in JSON; an empty one stays empty.
    """

    def text(self, entry: LogEntry) -> bytes | None:
        raise NotImplementedError

    def json(self, entry: LogEntry) -> bytes | None:
        """The value as JSON. A string unless the subclass says otherwise."""
        text = self.text(entry)
        return None if text is None else quote(text)


class Constant(Operator):
    """What was known when the configuration arrived; None = it is missing for good."""

    def __init__(self, value: bytes | None) -> None:
        self.value = value

    def text(self, entry: LogEntry) -> bytes | None:
        return self.value


class Truncated(Operator):
    """The first bytes of another operator's value. Only strings are cut, as in Envoy's JSON."""

    def __init__(self, inner: Operator, limit_bytes: int) -> None:
        self.inner = inner
        self.limit_bytes = limit_bytes

    def text(self, entry: LogEntry) -> bytes | None:
        text = self.inner.text(entry)
        return None if text is None else text[: self.limit_bytes]


def truncated(operator: Operator, limit_bytes: int | None) -> Operator:
    return operator if limit_bytes is None else Truncated(operator, limit_bytes)
