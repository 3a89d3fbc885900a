import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format

from portico.api.errors import ConfigError
from portico.config.proto_pool import message_class
from portico.config.runtime_layers import LayeredRuntime, RuntimeLayer, layered_runtime, parse_fraction

RECORDED = Path(__file__).parents[1] / "admin" / "envoy" / "runtime.txt"


def message(document: dict[str, Any]) -> Any:
    return json_format.ParseDict(document, message_class("envoy.config.bootstrap.v3.LayeredRuntime")())


def static(values: dict[str, Any]) -> LayeredRuntime:
    return layered_runtime(message({"layers": [{"name": "s", "static_layer": values}]}))


def test_values_print_as_envoys() -> None:
    """`pct` apart: Envoy prints a message's debug text, whose form it takes care to make unreliable."""
    values = {
        "a.b": 1, "s": "text", "f": 1.5, "t": True, "n": {"x": {"y": 7}}, "neg": -3, "zz": "12",
        "big": 12345678901, "tf": "true", "e": "",
    }  # fmt: skip
    runtime = layered_runtime(
        message({"layers": [{"name": "static", "static_layer": values}, {"name": "admin", "admin_layer": {}}]})
    )
    expected = json.loads(RECORDED.read_text())
    del expected["entries"]["pct"]
    assert runtime.dump() == expected


def test_a_fraction_is_one_value() -> None:
    runtime = static(
        {"p": {"numerator": 5, "denominator": "TEN_THOUSAND"}, "q": {"numerator": 1}, "r": {"denominator": 2}}
    )
    merged = runtime.merged()
    assert [parse_fraction(merged[key]) for key in "pqr"] == [(5, 10_000), (1, 100), (0, 1_000_000)]


def test_what_is_no_fraction_is_not_read_as_one() -> None:
    for text in ("5", "", "{", "[]", '{"numerator": -1}', '{"numerator": "a"}', '{"other": 1}', '{"denominator": "X"}'):
        assert parse_fraction(text) is None


def test_the_last_layer_with_a_value_wins() -> None:
    runtime = LayeredRuntime(
        [RuntimeLayer("a", {"k": "1", "only": "x"}), RuntimeLayer("b", {"k": "2"}), RuntimeLayer("c", {"k": ""})]
    )
    assert runtime.merged() == {"k": "2", "only": "x"}
    assert runtime.key_count() == 2
    assert runtime.dump()["entries"]["k"] == {"final_value": "2", "layer_values": ["1", "2", ""]}


def test_an_override_is_set_and_taken_away() -> None:
    runtime = LayeredRuntime([RuntimeLayer("a", {"k": "1"}), RuntimeLayer("admin", is_admin=True)])
    runtime.modify({"k": "9", "new": "n"})
    assert runtime.merged() == {"k": "9", "new": "n"}
    runtime.modify({"k": "", "never_set": ""})
    assert runtime.merged() == {"k": "1", "new": "n"}


def test_overrides_need_an_admin_layer() -> None:
    with pytest.raises(ConfigError, match="No admin layer specified"):
        static({"k": "1"}).modify({"k": "2"})


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ({"layers": [{"name": "a", "admin_layer": {}}, {"name": "b", "admin_layer": {}}]}, "layers[1]: Too many admin"),
        (
            {"layers": [{"name": "a", "admin_layer": {}}, {"name": "a", "static_layer": {}}]},
            "layers[1].name: Duplicate",
        ),
        (
            {"layers": [{"name": "a", "static_layer": {"l": [1]}}]},
            "layers[0].static_layer.l: Invalid runtime entry value for l: found a list",
        ),
        ({"layers": [{"name": "a", "static_layer": {"n": None}}]}, "found null"),
        (
            {"layers": [{"name": "a", "static_layer": {"p": {"numerator": 1, "denominator": "DOZEN"}}}]},
            "layers[0].static_layer.p: is not a FractionalPercent",
        ),
    ],
)
def test_wrong_layers_are_named(document: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        layered_runtime(message(document))
    assert complaint in str(caught.value)


def test_layers_filled_later_begin_empty() -> None:
    runtime = layered_runtime(
        message({"layers": [{"name": "d", "disk_layer": {"symlink_root": "/x"}}, {"name": "r", "rtds_layer": {}}]})
    )
    assert [(layer.name, layer.values) for layer in runtime.layers] == [("d", {}), ("r", {})]
