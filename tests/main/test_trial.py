"""Main builds what a worker would build, and finds what a worker would find."""

import asyncio

import pytest

from portico.api.errors import ConfigErrors
from portico.ipc.shared_table import ColumnNames
from portico.main.trial import Trial
from tests.main.configs import ECHO, loaded


def columns_of(text: str) -> ColumnNames:
    columns = ColumnNames()

    async def run() -> None:
        read = loaded(text)
        Trial(read.bootstrap, asyncio.get_running_loop(), columns).static_resources(read)

    asyncio.run(run())
    return columns


def test_a_cluster_names_the_numbers_it_shares() -> None:
    columns = columns_of("static_resources: {clusters: [{name: c, connect_timeout: 1s}]}").columns
    assert [name for name in columns if ".c." in name or name.startswith("c") or "c" in name.split(".")]


def test_a_good_listener_passes() -> None:
    address = "{socket_address: {address: 127.0.0.1, port_value: 80}}"
    columns_of(f"static_resources:\n  listeners:\n  - name: l\n    address: {address}\n{ECHO}")


def test_what_cannot_be_built_is_told_with_its_place_and_all_at_once() -> None:
    text = """
static_resources:
  clusters:
  - name: c
    type: LOGICAL_DNS
  - name: d
    type: LOGICAL_DNS
"""
    with pytest.raises(ConfigErrors) as caught:
        columns_of(text)
    first, second = (str(error) for error in caught.value.errors)
    assert first.startswith("--config-yaml:4:")
    assert second.startswith("--config-yaml:6:")
    assert "static_resources.clusters[1]" in second
