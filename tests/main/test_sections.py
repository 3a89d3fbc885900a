"""The sections main reads itself."""

import pytest

from portico.api.errors import ConfigErrors
from portico.main.options import LogOptions, Options, ProcessOptions
from portico.main.sections import Sections, worker_settings
from tests.main.configs import loaded, options


def sections(text: str) -> Sections:
    return Sections(options(text), loaded(text))


def test_defaults_are_envoys() -> None:
    made = sections("{}")
    assert made.flush_interval_s == 5.0
    assert made.main_watchdog == (200, 1000)
    assert made.admin is None
    assert made.runtime.layers == []


def test_reads_what_is_given() -> None:
    made = sections("""
stats_flush_interval: 0.250s
watchdogs: {main_thread_watchdog: {miss_timeout: 1s, megamiss_timeout: 2.5s}}
layered_runtime: {layers: [{name: a, static_layer: {x: 1}}]}
admin: {address: {socket_address: {address: 127.0.0.1, port_value: 9901}}}
""")
    assert made.flush_interval_s == 0.25
    assert made.main_watchdog == (1000, 2500)
    assert made.runtime.merged() == {"x": "1"}
    assert made.admin is not None
    assert made.admin.address.text == "127.0.0.1:9901"


def test_every_section_s_mistakes_are_told_with_their_place() -> None:
    text = """
layered_runtime: {layers: [{name: a, admin_layer: {}}, {name: b, admin_layer: {}}]}
stats_config: {stats_tags: [{tag_name: t, regex: "("}]}
"""
    with pytest.raises(ConfigErrors) as caught:
        sections(text)
    stats, runtime = (str(error) for error in caught.value.errors)
    assert stats.startswith("--config-yaml:3:")
    assert "stats_config.stats_tags" in stats
    assert runtime.startswith("--config-yaml:2:")
    assert "layered_runtime.layers[1]" in runtime


def test_workers_are_told_what_they_need() -> None:
    text = "node: {id: node-1, cluster: c, locality: {zone: z}}"
    given = options(text)
    given = Options(given.load, LogOptions(path="/log"), process=ProcessOptions(concurrency=3))
    settings = worker_settings(given, loaded(text).bootstrap, "10.0.0.1")
    assert settings.concurrency == 3
    assert settings.node == ("node-1", "c", "z", "10.0.0.1")
    assert settings.log[2] == "/log"
    assert settings.flush == (10000, 64)
    assert settings.watchdog == (200, 1000)
