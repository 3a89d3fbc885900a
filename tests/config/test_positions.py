"""From field paths to places."""

from __future__ import annotations

import pytest

from portico.api.errors import ConfigError
from portico.config.positions import Place, Positions, locate
from portico.config.sources import TextError
from portico.config.yaml_reader import read_yaml

FILE = """\
static_resources:
  clusters:
  - name: a
    connectTimeout: 1s
  - name: b
    metadata:
      filter_metadata:
        a.b: {c: 1}
admin: {}
"""


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        ("", 1, 1),
        ("static_resources.clusters", 2, 3),
        ("static_resources.clusters[1].name", 5, 5),
        ("static_resources.clusters[0].connect_timeout", 4, 5),
        ("static_resources.clusters[0].load_assignment.endpoints[0]", 3, 5),
        ("static_resources.clusters[9]", 2, 3),
        ('static_resources.clusters[1].metadata.filter_metadata["a.b"].c', 8, 15),
        ("admin.address", 9, 1),
        ("nothing.like.it", 1, 1),
    ],
)
def test_finds_the_longest_part_of_the_path(path: str, line: int, column: int) -> None:
    assert Positions([read_yaml(FILE, "f.yaml")]).find(path) == Place("f.yaml", line, column)


def test_items_of_a_merged_list_continue_the_numbers_of_the_first() -> None:
    merged = "static_resources: {clusters: [{name: c}]}\nadmin: {profile_path: x}"
    positions = Positions([read_yaml(FILE, "f.yaml"), read_yaml(merged, "--config-yaml")])
    assert positions.find("static_resources.clusters[1].name") == Place("f.yaml", 5, 5)
    assert positions.find("static_resources.clusters[2].name") == Place("--config-yaml", 1, 32)
    assert positions.find("admin.profile_path") == Place("--config-yaml", 2, 9)


def test_an_object_stands_for_a_list_of_one() -> None:
    positions = Positions([read_yaml("clusters:\n  name: a\n", "f")])
    assert positions.find("clusters[0].name") == Place("f", 2, 3)


def test_without_a_text_there_is_no_place() -> None:
    assert Positions([]).find("a.b") is None


def test_a_syntax_error_knows_its_place() -> None:
    assert locate(TextError("f", 3, 4, "bad"), Positions([])) == Place("f", 3, 4)
    assert locate(ConfigError("", "admin", "bad"), Positions([read_yaml(FILE, "f")])) == Place("f", 9, 1)


def test_a_place_prints_as_editors_expect() -> None:
    assert str(Place("f.yaml", 3, 4)) == "f.yaml:3:4"
    assert str(Place("f.pb")) == "f.pb"
