from typing import Any

import pytest

from tests.formatter.entries import entry, stream, text

STRUCT: dict[str, Any] = {
    "k": "v",
    "n": 1.5,
    "i": 3.0,
    "b": True,
    "nl": None,
    "l": [1.0, "a", {"x": "é"}],
    "o": {"z": 1.0, "a": 2.0},
}

PRINTED = {
    "%METADATA(ROUTE:ns:k)%": b"v",
    "%METADATA(ROUTE:ns:n)%": b"1.5",
    "%METADATA(ROUTE:ns:i)%": b"3",
    "%METADATA(ROUTE:ns:b)%": b"true",
    "%METADATA(ROUTE:ns:nl)%": b"-",
    "%METADATA(ROUTE:ns:l)%": '[1,"a",{"x":"é"}]'.encode(),
    "%METADATA(ROUTE:ns:o)%": b'{"a":2,"z":1}',
    "%METADATA(ROUTE:ns:o):3%": b'{"a',
    "%METADATA(ROUTE:ns:o:z)%": b"1",
    "%METADATA(ROUTE:ns:k:x)%": b"-",
    "%METADATA(ROUTE:zz)%": b"-",
    "%METADATA(ROUTE)%": b"-",
    "%METADATA(VIRTUAL_HOST:ns)%": b"-",
    "%METADATA(DYNAMIC:ns:who)%": b"dynamic",
    "%DYNAMIC_METADATA(ns:who)%": b"dynamic",
    "%DYNAMIC_METADATA(ns)%": b'{"who":"dynamic"}',
    "%METADATA(CLUSTER:ns:who)%": b"cluster",
    "%CLUSTER_METADATA(ns:who):2%": b"cl",
    "%METADATA(UPSTREAM_HOST:ns:who)%": b"host",
    "%UPSTREAM_METADATA(ns:who)%": b"host",
    "%METADATA(LISTENER:ns:who)%": b"listener",
    "%METADATA(LISTENER_FILTER_CHAIN:ns:who)%": b"chain",
}


@pytest.mark.parametrize(("format_text", "printed"), PRINTED.items())
def test_prints_the_value_at_a_path(format_text: str, printed: bytes) -> None:
    info = stream()
    info.route_metadata = {"ns": STRUCT}
    info.dynamic_metadata = {"ns": {"who": "dynamic"}}
    info.upstream_cluster_metadata = {"ns": {"who": "cluster"}}
    assert info.upstream_host is not None
    info.upstream_host.metadata = {"ns": {"who": "host"}}
    info.connection.listener_metadata = {"ns": {"who": "listener"}}
    info.connection.filter_chain_metadata = {"ns": {"who": "chain"}}
    assert text(format_text, entry(info=info)) == printed


def test_no_metadata_is_missing() -> None:
    info = stream()
    info.upstream_host = None
    assert text("%UPSTREAM_METADATA(ns:k)% %DYNAMIC_METADATA(ns)%", entry(info=info)) == b"- -"


class Principal:
    """A filter state object with a field and a JSON form."""

    def __init__(self) -> None:
        self.name = "ann"

    def as_json(self) -> dict[str, str]:
        return {"user": self.name}

    def __str__(self) -> str:
        return "principal ann"


class Opaque:
    def __str__(self) -> str:
        return "opaque"


FILTER_STATE = {
    "%FILTER_STATE(p)%": b'{"user":"ann"}',
    "%FILTER_STATE(p:TYPED):3%": b'{"u',
    "%FILTER_STATE(p:PLAIN)%": b"principal ann",
    "%FILTER_STATE(p:PLAIN):4%": b"prin",
    "%FILTER_STATE(p:FIELD:name)%": b"ann",
    "%FILTER_STATE(p:FIELD:nope)%": b"-",
    "%FILTER_STATE(s)%": b'"text"',
    "%FILTER_STATE(d:FIELD:k)%": b"v",
    "%FILTER_STATE(o)%": b"-",
    "%FILTER_STATE(o:PLAIN)%": b"opaque",
    "%FILTER_STATE(c:PLAIN)%": b"connection",
    "%FILTER_STATE(u:PLAIN)%": b"-",
    "%UPSTREAM_FILTER_STATE(u:PLAIN)%": b"upstream",
    "%UPSTREAM_FILTER_STATE(p)%": b"-",
}


@pytest.mark.parametrize(("format_text", "printed"), FILTER_STATE.items())
def test_renders_filter_state(format_text: str, printed: bytes) -> None:
    info = stream()
    info.filter_state = {"p": Principal(), "s": "text", "d": {"k": "v"}, "o": Opaque()}
    info.connection.filter_state = {"c": "connection", "s": "hidden"}
    info.upstream_filter_state = {"u": "upstream"}
    assert text(format_text, entry(info=info)) == printed
