"""What the user may have meant: the known names closest to an unknown one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

# Below this a suggestion is noise: 'nme' ~ 'name' is 0.86, 'foo' ~ 'hosts' 0.5. difflib's own default.
SIMILAR_ENOUGH = 0.6
MOST_SUGGESTIONS = 3


def nearest(name: str, candidates: Iterable[str], limit: int = 1) -> list[str]:
    """Best first; empty when nothing is close. Letter case does not count."""
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(name.lower())
    scored: list[tuple[float, str]] = []
    for candidate in candidates:
        matcher.set_seq1(candidate.lower())
        # The two quick bounds skip most of thousands of type URLs.
        if matcher.real_quick_ratio() >= SIMILAR_ENOUGH and matcher.quick_ratio() >= SIMILAR_ENOUGH:
            ratio = matcher.ratio()
            if ratio >= SIMILAR_ENOUGH:
                scored.append((-ratio, candidate))
    return [candidate for _, candidate in sorted(scored)[:limit]]


def nearest_type(full_name: str, candidates: Iterable[str]) -> str:
    """The known message type most like an unknown one; empty when nothing is close.

    The message's own name counts first: `…v2.HttpConnectionManager` means `…v3.HttpConnectionManager`.
    """
    simple_name = full_name.rpartition(".")[2]
    by_simple_name: dict[str, list[str]] = {}
    for candidate in candidates:
        by_simple_name.setdefault(candidate.rpartition(".")[2], []).append(candidate)
    for name in nearest(simple_name, by_simple_name):
        found = nearest(full_name, by_simple_name[name])
        return found[0] if found else ""
    return ""


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """A clause to append to a message, or nothing."""
    found = nearest(name, candidates)
    return f"; did you mean {found[0]!r}?" if found else ""
