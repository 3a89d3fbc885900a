"""The template and both lines are what real Envoy 1.40 printed for it."""

import json
from typing import Any

import pytest

from portico.api.errors import ConfigError
from portico.formatter.compiler import compile_json
from tests.formatter.entries import entry, server, stream

TEMPLATE: dict[str, Any] = {
    "z": "%PROTOCOL%",
    "a": "%RESPONSE_CODE%",
    "m": {"y": "%REQ(nope)%", "b": "x%RESPONSE_CODE%y", "e": {}, "n": {"q": "%REQ(nope)%"}},
    "l": ["%RESPONSE_CODE%", "s", 1.0, 1.5, True, None, "%REQ(nope)%", [], {"q": "%REQ(nope)%"}],
    "num": 5.0,
    "big": 1e21,
    "t": True,
    "nul": None,
    "mix": "%REQ(nope)%-%REQ(nope)%",
    "empty": "",
    "pct": "100%%",
    "Ü": 'é"\\\n</',
    "e1": "%REQ(x-empty)%",
    'q"k': "v",
    "d": "%METADATA(ROUTE:ns)%",
    "dd": "x%METADATA(ROUTE:ns)%",
    "st": "%START_TIME(%s)%",
    "mixbad": "p%REQ(x-bad)%s",
    "flags": "%RESPONSE_FLAGS%",
    "B": 1.0,
    "c": 2.0,
    "b": 3.0,
}
FULL = (
    '{"B":1,"a":200,"b":3,"big":1e+21,"c":2,"d":{"k":"v"},"dd":"x{\\"k\\":\\"v\\"}","e1":"","empty":"","flags":"-",'
    '"l":[200,"s",1,1.5,true,null,null,[],{"q":null}],"m":{"b":"x200y","e":{},"n":{"q":null},"y":null},"mix":"---",'
    '"mixbad":"pa\\u0022b\\u005c\\u0009\\u00ff\\u00c3\\u00a9zs","nul":null,"num":5,"pct":"100%","q\\"k":"v",'
    '"st":"1795182132","t":true,"z":"HTTP/1.1","Ü":"é\\"\\\\\\n</"}\n'
)
SPARSE = (
    '{"B":1,"a":200,"b":3,"big":1e+21,"c":2,"d":{"k":"v"},"dd":"x{\\"k\\":\\"v\\"}","e1":"","empty":"","flags":"-",'
    '"l":[200,"s",1,1.5,true,[]],"m":{"b":"x200y"},"mix":"-",'
    '"mixbad":"pa\\u0022b\\u005c\\u0009\\u00ff\\u00c3\\u00a9zs","num":5,"pct":"100%","q\\"k":"v",'
    '"st":"1795182132","t":true,"z":"HTTP/1.1","Ü":"é\\"\\\\\\n</"}\n'
)


@pytest.mark.parametrize(("omit_empty", "line"), [(False, FULL), (True, SPARSE)])
def test_prints_what_envoy_prints(omit_empty: bool, line: str) -> None:
    info = stream()
    info.route_metadata = {"ns": {"k": "v"}}
    log_entry = entry((b"x-empty", b""), (b"x-bad", b'a"b\\\t\xff\xc3\xa9z'), info=info)
    printed = compile_json(TEMPLATE, server(), omit_empty).format(log_entry)
    assert printed.decode() == line
    json.loads(printed)


@pytest.mark.parametrize(
    ("template", "line"),
    [
        ({}, b"{}\n"),
        ({"a": {"b": "%REQ(n)%"}}, b"{}\n"),
        ({"a": {}, "l": ["%REQ(n)%"], "ll": [[]], "o": {"x": []}}, b'{"l":[],"ll":[[]],"o":{"x":[]}}\n'),
        ({"dd": "%REQ(n)%%REQ(n)%"}, b'{"dd":""}\n'),
        ({"q": "%QUERY_PARAM(a)%"}, b'{"q":"12"}\n'),
    ],
)
def test_objects_that_come_to_nothing_are_left_out_and_lists_stay(template: dict[str, Any], line: bytes) -> None:
    assert compile_json(template, server(), omit_empty=True).format(entry()) == line


def test_truncates_strings_and_not_structs() -> None:
    info = stream()
    info.route_metadata = {"ns": {"o": {"a": 2.0, "z": "long"}}}
    template = {"h": "%REQ(:AUTHORITY):3%", "o": "%METADATA(ROUTE:ns:o):3%"}
    assert compile_json(template, server()).format(entry(info=info)) == b'{"h":"h.c","o":{"a":2,"z":"long"}}\n'


def test_refuses_a_bad_format_anywhere_in_the_tree() -> None:
    with pytest.raises(ConfigError, match=r"Incorrect configuration: %REQ\(x\. "):
        compile_json({"a": {"b": ["%REQ(x"]}})
