"""The bootstrap, read and checked, and what of it this build implements."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from portico.api import registries
from portico.api.registry import Registry, load_module_of, module_for
from portico.config.load import LoadedBootstrap, load_bootstrap
from portico.config.supported import Rows, SupportTable
from portico.main.options import Options

# The fields of the bootstrap that main itself honours.
SUPPORTED: Rows = {
    "envoy.config.bootstrap.v3.Bootstrap": frozenset(
        (
            "node",
            "static_resources",
            "admin",
            "stats_config",
            "stats_flush_interval",
            "stats_flush_on_admin",
            "watchdogs",
            "layered_runtime",
        )
    ),
    "envoy.config.bootstrap.v3.Bootstrap.StaticResources": frozenset(("listeners", "clusters")),
    "envoy.config.bootstrap.v3.Watchdogs": frozenset(("main_thread_watchdog", "worker_watchdog")),
    "envoy.config.bootstrap.v3.Watchdog": frozenset(("miss_timeout", "megamiss_timeout")),
    "envoy.config.core.v3.Node": frozenset(("id", "cluster", "metadata", "locality", "user_agent_name")),
    "envoy.config.core.v3.Locality": frozenset(("region", "zone", "sub_zone")),
}


def load(options: Options) -> LoadedBootstrap:
    """Raises ConfigErrors: all that the messages alone can tell."""
    return load_bootstrap(options.load, SupportTable(loaded_rows(), extension_rows))


def loaded_rows() -> Iterable[Rows]:
    """The rows of every module of ours that is imported: it stands beside the code that reads the fields."""
    modules = [module for name, module in sorted(sys.modules.items()) if name.startswith("portico.")]
    rows: list[Rows] = [module.SUPPORTED for module in modules if hasattr(module, "SUPPORTED")]
    for registry in vars(registries).values():
        if isinstance(registry, Registry):
            rows += [{name: entry.fields} for name, entry in registry.entries.items()]
    return rows


def extension_rows(type_name: str) -> Rows | None:
    """Imports the extension that claims a type of message; None when there is none."""
    if not load_module_of(type_name):
        return None
    merged: dict[str, frozenset[str]] = {}
    for rows in loaded_rows():
        for name, fields in rows.items():
            merged[name] = merged.get(name, frozenset()) | fields
    return merged if type_name in merged else None


def extension_modules() -> tuple[str, ...]:
    """The extensions imported so far: a starter that imports them too spares every worker the same."""
    return tuple(sorted(name for name in sys.modules if name.startswith(EXTENSIONS)))


EXTENSIONS = (module_for("envoy.extensions.x.v3.X") or "").rpartition(".")[0] + "."
