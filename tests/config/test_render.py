"""Errors for people and for programs."""

from __future__ import annotations

import json

from portico.api.errors import ConfigError, ConfigErrors
from portico.config.load import ConfigWarning, LocatedError
from portico.config.positions import Place, Positions
from portico.config.render import nack_text, render_json, render_text
from portico.config.rules import RuleError
from portico.config.yaml_reader import read_yaml

POSITIONS = Positions([read_yaml("a: 1\nb: {c: 2}\n", "f.yaml")])
ERRORS = ConfigErrors([ConfigError("cluster 'x'", "b.c", "is wrong"), ConfigError("", "a", "is bad")])


def test_one_line_an_error_in_the_order_of_the_file_and_a_summary() -> None:
    assert render_text(ERRORS, POSITIONS).splitlines() == [
        "f.yaml:1:1: a: is bad",
        "f.yaml:2:5: cluster 'x': b.c: is wrong",
        "2 errors in f.yaml",
    ]


def test_one_error_needs_no_summary() -> None:
    assert render_text(ConfigErrors([ConfigError("", "a", "is bad")])) == "a: is bad"
    assert render_text(ERRORS).splitlines()[-1] == "2 errors"


def test_programs_get_every_part_by_itself() -> None:
    warnings = [ConfigWarning(Place("f.pb"), "d", "is odd"), ConfigWarning(None, "e", "is odd")]
    document = json.loads(render_json(ERRORS, warnings, POSITIONS))
    assert document == {
        "ok": False,
        "errors": [
            {"file": "f.yaml", "line": 1, "column": 1, "resource": "", "path": "a", "message": "is bad"},
            {"file": "f.yaml", "line": 2, "column": 5, "resource": "cluster 'x'", "path": "b.c", "message": "is wrong"},
        ],
        "warnings": [
            {"file": "f.pb", "line": None, "column": None, "path": "d", "message": "is odd"},
            {"file": None, "line": None, "column": None, "path": "e", "message": "is odd"},
        ],
    }
    assert json.loads(render_json(None))["ok"] is True


def test_a_control_plane_also_gets_envoys_words() -> None:
    rule = RuleError("connect_timeout", "value must be greater than 0s, found 0s", "Proto constraint …", False)
    errors = ConfigErrors([LocatedError(rule, None), ConfigError("", "name", "is bad")])
    assert nack_text(errors).splitlines() == [
        "connect_timeout: value must be greater than 0s, found 0s",
        "Proto constraint …",
        "name: is bad",
    ]
