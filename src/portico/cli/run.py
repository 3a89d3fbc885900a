"""From parsed flags to running processes. The starter is forked before the first thread, and before main's imports."""

from __future__ import annotations

import argparse
import os
import socket
import sys

from portico.api.log import COMPONENTS
from portico.cli.flags import LOG_LEVELS, UsageError, given_without_effect
from portico.config.load import LoadOptions
from portico.config.nearest import did_you_mean
from portico.ipc.log_format import DEFAULT_PATTERN
from portico.ipc.process import open_standard_streams, raise_core_limit, raise_descriptor_limit
from portico.main.domain_socket import RESTART_VERSION
from portico.main.options import LogOptions, Options, ProcessOptions, RestartOptions
from portico.main.starter import fork_starter, serve
from portico.worker.proxy import ProxyApplication
from portico.worker.worker import run as run_worker


def serve_options(parsed: argparse.Namespace) -> int:
    """Run until a signal. Raises UsageError."""
    if parsed.hot_restart_version:
        print(RESTART_VERSION)
        return 0
    return run(options_of(parsed), is_core_dumped=parsed.enable_core_dump)


def run(options: Options, *, is_core_dumped: bool = False) -> int:
    open_standard_streams()
    if options.mode == "validate":
        from portico.main.validation import validate

        return validate(options)
    raise_descriptor_limit()
    if is_core_dumped:
        raise_core_limit()
    starter = fork_starter(worker_main)
    from portico.main.server import serve_until_signal

    return serve_until_signal(options, starter, relaunch_command())


def worker_main(end: socket.socket) -> None:
    run_worker(end, ProxyApplication)


def starter_main() -> None:
    """A starter in a fresh interpreter: the number of its control descriptor is the last argument."""
    serve(socket.socket(fileno=int(sys.argv[-1])), worker_main)


def relaunch_command() -> list[str]:
    code = f"import sys; sys.path[:] = {sys.path!r}; from portico.cli.run import starter_main; starter_main()"
    return [sys.executable, "-c", code]


def options_of(parsed: argparse.Namespace) -> Options:
    check_combinations(parsed)
    return Options(
        load=LoadOptions(
            config_path=parsed.config_path,
            config_yaml=parsed.config_yaml,
            allow_unknown_static_fields=parsed.allow_unknown_static_fields or parsed.allow_unknown_fields,
            reject_unknown_dynamic_fields=parsed.reject_unknown_dynamic_fields,
            ignore_unknown_dynamic_fields=parsed.ignore_unknown_dynamic_fields,
            strict=parsed.strict,
            service_cluster=parsed.service_cluster,
            service_node=parsed.service_node,
            service_zone=parsed.service_zone,
        ),
        log=log_options(parsed),
        restart=RestartOptions(
            base_id=parsed.base_id,
            use_dynamic_base_id=parsed.use_dynamic_base_id,
            base_id_path=parsed.base_id_path or "",
            epoch=parsed.restart_epoch,
            is_disabled=parsed.disable_hot_restart,
            parent_shutdown_time_s=parsed.parent_shutdown_time_s,
            socket_path=parsed.socket_path,
            socket_mode=parsed.socket_mode,
        ),
        process=ProcessOptions(
            concurrency=concurrency(parsed),
            drain_time_s=parsed.drain_time_s,
            is_drain_gradual=parsed.drain_strategy == "gradual",
            file_flush_interval_ms=parsed.file_flush_interval_msec,
            file_flush_min_kib=parsed.file_flush_min_size_kb,
        ),
        mode=parsed.mode,
        admin_address_path=parsed.admin_address_path or "",
        local_address_ip_version=parsed.local_address_ip_version,
        stats_tags=stats_tags(parsed.stats_tag),
        warnings=tuple(given_without_effect(parsed)),
        other_flags={
            **{name: getattr(parsed, name) for name in SHOWN_FLAGS},
            "disabled_extensions": parsed.disable_extensions.split(",") if parsed.disable_extensions else [],
        },
    )


# What /server_info shows of flags that nobody in main reads.
SHOWN_FLAGS = (
    "enable_mutex_tracing", "cpuset_threads", "enable_fine_grain_logging", "enable_core_dump",
    "skip_hot_restart_on_no_parent", "skip_hot_restart_parent_stats", "log_stacktrace_single_entry",
)  # fmt: skip


def check_combinations(parsed: argparse.Namespace) -> None:
    epoch = parsed.restart_epoch
    if epoch and parsed.use_dynamic_base_id:
        raise UsageError(f"error: cannot use --restart-epoch={epoch} with --use-dynamic-base-id")
    if epoch and not (parsed.disable_hot_restart or parsed.skip_hot_restart_on_no_parent):
        raise UsageError(
            f"error: --restart-epoch {epoch}: portico cannot take over from a running process yet; "
            "start with epoch 0, or with --skip-hot-restart-on-no-parent"
        )


def log_options(parsed: argparse.Namespace) -> LogOptions:
    return LogOptions(
        level=parsed.log_level,
        component_levels=component_levels(parsed.component_log_level or ""),
        path=parsed.log_path or "",
        pattern=DEFAULT_PATTERN if parsed.log_format is None else parsed.log_format,
        has_own_pattern=parsed.log_format is not None,
        is_escaped=parsed.log_format_escaped,
        skip_deprecated=parsed.skip_deprecated_logs,
    )


def component_levels(text: str) -> tuple[tuple[str, str], ...]:
    """``upstream:debug,config:trace``. Texts are Envoy's."""
    pairs: list[tuple[str, str]] = []
    for each in text.split(",") if text else ():
        name, colon, level = each.partition(":")
        if not colon:
            raise UsageError(f"error: component log level not correctly specified '{each}'")
        if level not in LOG_LEVELS:
            raise UsageError(f"error: invalid log level specified '{level}'; allowed: {', '.join(LOG_LEVELS)}")
        if name not in COMPONENTS.by_name:
            raise UsageError(f"error: invalid component specified '{name}'{did_you_mean(name, COMPONENTS.by_name)}")
        pairs.append((name, level))
    return tuple(pairs)


def stats_tags(given: list[str]) -> tuple[tuple[str, str], ...]:
    tags: dict[str, str] = {}
    for each in given:
        name, colon, value = each.partition(":")
        # Source: envoy --help, --stats-tag: alphanumeric names, values without a dot, each name once.
        if not colon or not name.replace("_", "").isalnum() or "." in value:
            raise UsageError(f"error: misformatted stats-tag '{each}'")
        if name in tags:
            raise UsageError(f"error: stats-tag '{name}' is given twice")
        tags[name] = value
    return tuple(tags.items())


def concurrency(parsed: argparse.Namespace) -> int:
    wanted: int | None = parsed.concurrency
    if wanted is not None:
        return max(wanted, 1)
    if parsed.cpuset_threads and hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
