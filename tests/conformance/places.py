"""What a case cannot know before it runs: ports, file paths and its own prefix. Put in by name, taken out of results.

In a case file `$name` or `${name}` is replaced when the name is known, else left alone (regexes and formats use `$`):
`$up` and `$up_port` for each upstream, `$main` and `$main_port` for each listener, `$log`, `$dir` and `$id`.
"""

import re
from typing import Any

REFERENCE = re.compile(r"\$(?:\{([a-z][a-z0-9_]*)\}|([a-z][a-z0-9_]*))")
UUID4 = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-([0-9a-f])[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b")
MONTH = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
HTTP_DATE = re.compile(rf"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (?:{MONTH}) \d{{4}} \d\d:\d\d:\d\d GMT")
SERVICE_TIME = re.compile(r"(x-envoy-upstream-service-time: )\d+", re.IGNORECASE)
ISO_TIME = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
EPHEMERAL = re.compile(r"((?<![\d.])127\.0\.0\.\d+|\[::1\]):\d{5}\b")


class Places:
    """The names of one run of one case, and the way back from values to names."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.values: dict[str, str] = {"id": prefix}
        self._back: list[tuple[str, str]] = []

    def add_port(self, name: str, port: int, address: str = "127.0.0.1") -> None:
        self.values[name] = f"{address}:{port}"
        self.values[f"{name}_port"] = str(port)
        self._back.append((str(port), f"<{name}>"))

    def add_path(self, name: str, path: str) -> None:
        self.values[name] = path
        self._back.append((path, f"<{name}>"))

    def fill_text(self, text: str) -> str:
        return REFERENCE.sub(lambda found: self.values.get(found[1] or found[2], found[0]), text)

    def fill(self, node: Any) -> Any:
        """The tree with every reference replaced. A string that is nothing but a port reference becomes a number."""
        if isinstance(node, dict):
            return {
                self.fill_text(key) if isinstance(key, str) else key: self.fill(value) for key, value in node.items()
            }
        if isinstance(node, list):
            return [self.fill(value) for value in node]
        if isinstance(node, str):
            text = self.fill_text(node)
            return int(text) if node.startswith("$") and node.rstrip("}").endswith("_port") and text.isdigit() else text
        return node

    def strip(self, text: str) -> str:
        """What another run, on another proxy, would have shown: no ports, dates, ids, durations or prefixes."""
        for value, name in self._back:
            text = text.replace(value, name)
        text = text.replace(self.prefix, "")
        text = EPHEMERAL.sub(r"\1:<port>", text)
        text = UUID4.sub(r"<uuid \1>", text)
        text = HTTP_DATE.sub("<date>", text)
        text = ISO_TIME.sub("<time>", text)
        return SERVICE_TIME.sub(r"\1<ms>", text)
