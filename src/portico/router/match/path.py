"""One matcher per kind of path specifier. Paths come without query and fragment."""

from __future__ import annotations

from mypy_extensions import mypyc_attr

from portico.matching.regex import Regex


@mypyc_attr(allow_interpreted_subclasses=True)
class PathMatch:
    """``matched_bytes``: what a prefix_rewrite replaces, from the start of the path; -1 = all of it."""

    matched_bytes: int = -1

    def matches(self, path: bytes) -> bool:
        raise NotImplementedError


class PrefixPath(PathMatch):
    def __init__(self, prefix: bytes) -> None:
        self.prefix = prefix
        self.matched_bytes = len(prefix)

    def matches(self, path: bytes) -> bool:
        return path.startswith(self.prefix)


class PrefixPathIgnoreCase(PathMatch):
    def __init__(self, prefix: bytes) -> None:
        self.prefix = prefix.lower()
        self.matched_bytes = len(prefix)

    def matches(self, path: bytes) -> bool:
        return path.lower().startswith(self.prefix)


class ExactPath(PathMatch):
    def __init__(self, path: bytes) -> None:
        self.path = path
        self.matched_bytes = len(path)

    def matches(self, path: bytes) -> bool:
        return path == self.path


class ExactPathIgnoreCase(PathMatch):
    def __init__(self, path: bytes) -> None:
        self.path = path.lower()
        self.matched_bytes = len(path)

    def matches(self, path: bytes) -> bool:
        return path.lower() == self.path


class SeparatedPrefixPath(PathMatch):
    """The path itself, or anything below it: ``/a`` matches ``/a`` and ``/a/b``, not ``/ab``."""

    def __init__(self, prefix: bytes, ignore_case: bool) -> None:
        self.ignore_case = ignore_case
        self.prefix = prefix.lower() if ignore_case else prefix
        self.below = self.prefix + b"/"
        self.matched_bytes = len(prefix)

    def matches(self, path: bytes) -> bool:
        if self.ignore_case:
            path = path.lower()
        return path == self.prefix or path.startswith(self.below)


class RegexPath(PathMatch):
    """``safe_regex``, and URI templates, which become one. Case always counts."""

    def __init__(self, regex: Regex) -> None:
        self.regex = regex

    def matches(self, path: bytes) -> bool:
        return self.regex.full_match(path)


class ConnectPath(PathMatch):
    """``connect_matcher``: any path, or none; the method decides, see ``ConnectCriterion``."""

    def matches(self, path: bytes) -> bool:
        return True
