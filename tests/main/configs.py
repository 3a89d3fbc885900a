"""Bootstraps for tests of what main makes of them."""

from typing import Any

from portico.config.load import LoadedBootstrap, LoadOptions
from portico.main.bootstrap import load
from portico.main.options import Options

ECHO = """
    filter_chains:
    - filters:
      - name: echo
        typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.network.echo.v3.Echo}
"""


def options(text: str, **changes: Any) -> Options:
    return Options(LoadOptions(config_yaml=text), **changes)


def loaded(text: str) -> LoadedBootstrap:
    return load(options(text))
