"""The bootstrap, read and checked, and what of it this build implements."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from portico.api import registries
from portico.api.registry import Registry, load_module_of, module_for
from portico.config.load import BOOTSTRAP, LoadedBootstrap, load_bootstrap
from portico.config.supported import Rows, SupportTable
from portico.main.options import Options

# The fields of the bootstrap that main itself honours.
SUPPORTED: Rows = {
    BOOTSTRAP: frozenset(
        {
            "node", "static_resources", "admin", "stats_config", "stats_flush_interval", "watchdogs", "layered_runtime",
        }
    ),
    BOOTSTRAP + ".StaticResources": frozenset({"listeners", "clusters"}),
    "envoy.config.bootstrap.v3.Admin": frozenset(
        {"address", "access_log", "access_log_path", "socket_options", "allow_paths", "ignore_global_conn_limit"}
    ),
    "envoy.config.bootstrap.v3.Watchdogs": frozenset({"main_thread_watchdog", "worker_watchdog"}),
    "envoy.config.bootstrap.v3.Watchdog": frozenset({"miss_timeout", "megamiss_timeout", "kill_timeout"}),
    "envoy.config.bootstrap.v3.LayeredRuntime": frozenset({"layers"}),
    "envoy.config.bootstrap.v3.RuntimeLayer": frozenset({"name", "static_layer", "admin_layer"}),
    "envoy.config.bootstrap.v3.RuntimeLayer.AdminLayer": frozenset(),
    "envoy.config.metrics.v3.StatsConfig": frozenset(
        {"stats_tags", "use_all_default_tags", "stats_matcher", "histogram_bucket_settings"}
    ),
    "envoy.config.metrics.v3.TagSpecifier": frozenset({"tag_name", "regex", "fixed_value"}),
    "envoy.config.metrics.v3.StatsMatcher": frozenset({"reject_all", "exclusion_list", "inclusion_list"}),
    "envoy.config.metrics.v3.HistogramBucketSettings": frozenset({"match", "buckets"}),
    "envoy.config.core.v3.Node": frozenset({"id", "cluster", "metadata", "locality"}),
    "envoy.config.core.v3.Locality": frozenset({"region", "zone", "sub_zone"}),
}  # fmt: skip


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
