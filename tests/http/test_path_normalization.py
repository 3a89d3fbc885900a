"""Path options against what Envoy 1.40 makes of the same paths."""

from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portico.http.path_normalization import escaped_slashes, merge_slashes, normalize

# Recorded with real Envoy: an upstream that echoes its request line, one connection manager per column.
ROWS = [
    line.split(b"\t") for line in Path(__file__).with_name("path_encodings.tsv").read_bytes().splitlines()[1:] if line
]
IDS = [row[0].decode() for row in ROWS]

# Pieces an attacker writes "/admin" with.
PIECES = [
    "/",
    "//",
    "\\",
    "%2f",
    "%2F",
    "%5c",
    ".",
    "..",
    "%2e",
    "%2E",
    ";",
    ";x",
    "admin",
    "%61dmin",
    "adm%69n",
    "a",
    "%",
]


def edge(path: bytes) -> bytes | None:
    """The edge profile: all three options."""
    normal = normalize(escaped_slashes(path))
    return None if normal is None else merge_slashes(normal)


def read_by_a_lenient_upstream(path: bytes) -> bytes:
    """An upstream that decodes, takes backslashes for slashes, drops path parameters and resolves dots."""
    resolved: list[bytes] = []
    for segment in unquote_to_bytes(path).replace(b"\\", b"/").split(b"/"):
        name = segment.partition(b";")[0]
        if name == b"..":
            resolved = resolved[:-1]
        elif name not in (b"", b"."):
            resolved.append(name)
    return b"/" + b"/".join(resolved)


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_equals_envoy(row: list[bytes]) -> None:
    path, normalized, merged, unescaped, everything = row
    assert normalize(path) == (None if normalized == b"400" else normalized)
    assert merge_slashes(path) == merged
    assert escaped_slashes(path) == unescaped
    assert edge(path) == (None if everything == b"400" else everything)


def test_recording_is_complete() -> None:
    assert len(ROWS) == 101


@pytest.mark.parametrize(
    ("path", "normal"),
    [
        (b"/caf\xc3\xa9", b"/caf%C3%A9"),
        (b"/\xe2\x82\xac/..", b"/"),
        (b"/\xf0\x9f\x90\x8d", b"/%F0%9F%90%8D"),
        (b"/\xe9", None),
        (b"/\xc0\xae", None),
        (b"/a\0b", None),
        (b"/ a", b"/%20a"),
        (b"", b"/"),
        (b"a/../b", b"/b"),
    ],
)
def test_bytes_that_http1_never_lets_through(path: bytes, normal: bytes | None) -> None:
    assert normalize(path) == normal


def test_plain_paths_are_not_copied() -> None:
    path = b"/api/v1/users/42-a_b~c"
    assert normalize(path) is path
    assert merge_slashes(path) is path
    assert escaped_slashes(path) is path


@given(st.binary(max_size=40))
def test_normalizing_again_changes_nothing(tail: bytes) -> None:
    once = normalize(b"/" + tail.replace(b"?", b""))
    if once is not None and b"%%" not in once:
        assert normalize(once) == once


@given(st.lists(st.sampled_from(PIECES), max_size=8))
def test_no_encoding_slips_past_a_prefix_rule(pieces: list[str]) -> None:
    """What a lenient upstream would read as /admin starts with /admin for a prefix rule, in the edge profile.

    Path parameters apart: `/x;/../admin` is two segments for the one and may be three for the other.
    """
    path = b"/" + "".join(pieces).encode()
    if b";" in path:
        return
    seen = edge(path)
    if seen is not None and read_by_a_lenient_upstream(seen).startswith(b"/admin"):
        assert seen.startswith(b"/admin")
