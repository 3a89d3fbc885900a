"""Field paths as text and as steps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portico.config.field_path import MapKey, Step, index, join, key, steps

NAMES = st.from_regex(r"[a-z_@][a-z0-9_]*", fullmatch=True)


def test_paths_read_like_the_file() -> None:
    assert join("", "node") == "node"
    assert join(index("clusters", 3), "name") == "clusters[3].name"
    assert key("metadata", 'a."b"') == 'metadata["a.\\"b\\""]'
    assert key("flags", True) == 'flags["true"]'


@given(st.lists(NAMES | st.integers(0, 10**6) | st.text(max_size=5).map(MapKey)))
def test_steps_take_a_path_apart(parts: list[Step]) -> None:
    path = ""
    for part in parts:
        if isinstance(part, int):
            path = index(path, part)
        else:
            path = key(path, part) if isinstance(part, MapKey) else join(path, part)
    assert steps(path) == parts


@pytest.mark.parametrize("path", ["a..b", "a[", 'a["', "a[x]"])
def test_what_cannot_be_read_ends_the_path(path: str) -> None:
    assert steps(path)[:1] == ["a"]
