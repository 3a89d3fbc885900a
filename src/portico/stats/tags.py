"""Names to labels: `cluster.a.upstream_rq_200` is `cluster.upstream_rq` with response_code 200 and cluster_name a."""

from __future__ import annotations

import re
from typing import Any, Final

from mypy_extensions import mypyc_attr

from portico.stats.default_tags import REGEX_TAGS, TOKEN_TAGS

Found = tuple[str, int, int]  # value, and the span to cut out of the name

LITERAL_START: Final = re.compile(r"\^(\w+)(?:\\\.|\$$)", re.ASCII)


class TaggedName:
    """What is left of a name, and its tags in the order Envoy finds them."""

    def __init__(self, name: str, tags: list[tuple[str, str]]) -> None:
        self.name = name
        self.tags = tags


@mypyc_attr(allow_interpreted_subclasses=True)
class TagExtractor:
    """One tag, and how it is found in a name."""

    def __init__(self, tag: str, first_token: str) -> None:
        self.tag = tag
        self.first_token = first_token  # only names that begin with it are asked; "" = every name

    def find(self, name: str, tokens: list[str]) -> Found | None:
        raise NotImplementedError


class RegexExtractor(TagExtractor):
    """Group 1 is cut out; group 2, or else group 1, is the value. ``pattern`` comes from re, or re2 for a user's."""

    def __init__(self, tag: str, first_token: str, pattern: Any, never: str = "") -> None:
        super().__init__(tag, first_token)
        self.pattern = pattern
        self.never = never

    def find(self, name: str, tokens: list[str]) -> Found | None:
        match = self.pattern.search(name)
        if match is None or not match.group(1):
            return None
        value = match.group(2) if self.pattern.groups > 1 else ""
        value = value or match.group(1)
        if value == self.never:
            return None
        return value, match.start(1), match.end(1)


class FixedTag(TagExtractor):
    """A tag that every name has, and that takes nothing out of it."""

    def __init__(self, tag: str, value: str) -> None:
        super().__init__(tag, "")
        self.value = value

    def find(self, name: str, tokens: list[str]) -> Found | None:
        return self.value, 0, 0


class TokenExtractor(TagExtractor):
    """The token at the place of `$`, with the dot after it (or before it, at the end)."""

    def __init__(self, tag: str, pattern: str) -> None:
        self.tokens = pattern.split(".")
        first = self.tokens[0]
        super().__init__(tag, "" if first in ("$", "*", "**") else first)

    def find(self, name: str, tokens: list[str]) -> Found | None:
        place = match_tokens(self.tokens, 0, tokens, 0, -1)
        if place < 0:
            return None
        start = sum([len(token) + 1 for token in tokens[:place]])
        end = start + len(tokens[place])
        if place < len(tokens) - 1:
            return tokens[place], start, end + 1
        return tokens[place], max(0, start - 1), end


def match_tokens(pattern: list[str], at: int, tokens: list[str], place: int, found: int) -> int:
    """Index of the token under `$` when all of ``tokens`` matches, else -1. `**` stands for one token or more."""
    while at < len(pattern) and place < len(tokens):
        expected = pattern[at]
        if expected == "$":
            found = place
        elif expected == "**":
            if at == len(pattern) - 1:
                return found
            for rest in range(place, len(tokens)):
                inner = match_tokens(pattern, at + 1, tokens, rest, found)
                if inner >= 0:
                    return inner
            return -1
        elif expected not in ("*", tokens[place]):
            return -1
        at += 1
        place += 1
    return found if at == len(pattern) and place == len(tokens) else -1


class TagProducer:
    """All extractors of one configuration. Those asked about every name come first, as in Envoy."""

    def __init__(self, extractors: list[TagExtractor]) -> None:
        self.for_any = [each for each in extractors if not each.first_token]
        self.by_first_token: dict[str, list[TagExtractor]] = {}
        for each in extractors:
            if each.first_token:
                self.by_first_token.setdefault(each.first_token, []).append(each)
        self.made: dict[str, TaggedName] = {}

    def tagged(self, name: str) -> TaggedName:
        """Remembered for as long as the producer lives: names are few and asked for at every scrape."""
        made = self.made.get(name)
        if made is None:
            made = self.made[name] = self.extract(name)
        return made

    def extract(self, name: str) -> TaggedName:
        tokens = name.split(".")
        tags: list[tuple[str, str]] = []
        seen: set[str] = set()
        cuts: list[tuple[int, int]] = []
        for extractor in self.for_any + self.by_first_token.get(tokens[0], []):
            if extractor.tag in seen:
                continue
            found = extractor.find(name, tokens)
            if found is not None:
                value, start, end = found
                seen.add(extractor.tag)
                tags.append((extractor.tag, value))
                cuts.append((start, end))
        return TaggedName(without(name, cuts), tags)

    def forget(self, names: set[str]) -> None:
        """Stats that exist no more."""
        for name in names:
            self.made.pop(name, None)


def literal_start(regex: str) -> str:
    """The token that every name must begin with to match, "" if the expression does not say.

    Source: envoy source/common/stats/tag_extractor_impl.cc, extractRegexPrefix.
    """
    found = LITERAL_START.match(regex)
    return found.group(1) if found else ""


def without(name: str, cuts: list[tuple[int, int]]) -> str:
    """The name less the spans, which may overlap."""
    kept: list[str] = []
    at = 0
    for start, end in sorted(cuts):
        if start > at:
            kept.append(name[at:start])
        at = max(at, end)
    kept.append(name[at:])
    return "".join(kept)


def default_extractors() -> list[TagExtractor]:
    regexes: list[TagExtractor] = [
        RegexExtractor(tag, first, re.compile(pattern, re.ASCII), never) for tag, first, pattern, never in REGEX_TAGS
    ]
    tokens: list[TagExtractor] = [TokenExtractor(tag, pattern) for tag, pattern in TOKEN_TAGS]
    return regexes + tokens


def default_producer() -> TagProducer:
    return TagProducer(default_extractors())
