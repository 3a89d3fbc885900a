"""--mode validate as a function; as a command it is in tests/integration/test_cli.py."""

from collections.abc import Iterator

import pytest

from portico.api.log import COMPONENTS
from portico.ipc.log_sink import apply_levels
from portico.main.validation import validate
from tests.main.configs import options


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    sink, levels = COMPONENTS.sink, COMPONENTS.levels()
    yield
    COMPONENTS.sink = sink
    apply_levels(levels)


def test_good_is_0_and_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    assert validate(options("static_resources: {clusters: [{name: c, connect_timeout: 1s}]}")) == 0
    assert capfd.readouterr().out == "configuration '' OK\n"


@pytest.mark.parametrize(
    "text",
    [
        "nonsense: 1",
        "static_resources: {clusters: [{name: c, type: LOGICAL_DNS}]}",
        "layered_runtime: {layers: [{name: a, admin_layer: {}}, {name: b, admin_layer: {}}]}",
    ],
    ids=["load", "build", "section"],
)
def test_bad_is_1_and_a_reason_with_its_place(text: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert validate(options(text)) == 1
    said = capfd.readouterr()
    assert said.out == ""
    assert "error initializing configuration '': --config-yaml:1:" in said.err
