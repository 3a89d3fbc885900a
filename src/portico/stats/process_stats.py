"""What the process counts about itself."""

from __future__ import annotations

from portico.api.stats import StatsScope, Unit


class ServerStats:
    """`server.`"""

    def __init__(self, scope: StatsScope) -> None:
        self.compilation_settings_fips_mode = scope.gauge("compilation_settings.fips_mode")
        self.concurrency = scope.gauge("concurrency")
        self.days_until_first_cert_expiring = scope.gauge("days_until_first_cert_expiring")
        self.debug_assertion_failures = scope.counter("debug_assertion_failures")
        self.dropped_stat_flushes = scope.counter("dropped_stat_flushes")
        self.dynamic_unknown_fields = scope.counter("dynamic_unknown_fields")
        self.envoy_bug_failures = scope.counter("envoy_bug_failures")
        self.envoy_notifications = scope.counter("envoy_notifications")
        self.hot_restart_epoch = scope.gauge("hot_restart_epoch")
        self.hot_restart_generation = scope.gauge("hot_restart_generation")
        self.initialization_time_ms = scope.histogram("initialization_time_ms", Unit.MILLISECONDS)
        self.live = scope.gauge("live")
        self.memory_allocated = scope.gauge("memory_allocated")
        self.memory_heap_size = scope.gauge("memory_heap_size")
        self.memory_physical_size = scope.gauge("memory_physical_size")
        self.parent_connections = scope.gauge("parent_connections")
        self.seconds_until_first_ocsp_response_expiring = scope.gauge("seconds_until_first_ocsp_response_expiring")
        self.state = scope.gauge("state")
        self.static_unknown_fields = scope.counter("static_unknown_fields")
        self.stats_recent_lookups = scope.gauge("stats_recent_lookups")
        self.total_connections = scope.gauge("total_connections")
        self.uptime = scope.gauge("uptime")
        self.version = scope.gauge("version")
        self.wip_protos = scope.counter("wip_protos")


class ClusterManagerStats:
    """`cluster_manager.`"""

    def __init__(self, scope: StatsScope) -> None:
        self.active_clusters = scope.gauge("active_clusters")
        self.cluster_added = scope.counter("cluster_added")
        self.cluster_modified = scope.counter("cluster_modified")
        self.cluster_removed = scope.counter("cluster_removed")
        self.cluster_updated = scope.counter("cluster_updated")
        self.cluster_updated_via_merge = scope.counter("cluster_updated_via_merge")
        self.update_merge_cancelled = scope.counter("update_merge_cancelled")
        self.update_out_of_merge_window = scope.counter("update_out_of_merge_window")
        self.warming_clusters = scope.gauge("warming_clusters")


class ListenerManagerStats:
    """`listener_manager.`"""

    def __init__(self, scope: StatsScope) -> None:
        self.listener_added = scope.counter("listener_added")
        self.listener_create_failure = scope.counter("listener_create_failure")
        self.listener_create_success = scope.counter("listener_create_success")
        self.listener_in_place_updated = scope.counter("listener_in_place_updated")
        self.listener_modified = scope.counter("listener_modified")
        self.listener_removed = scope.counter("listener_removed")
        self.listener_stopped = scope.counter("listener_stopped")
        self.total_filter_chains_draining = scope.gauge("total_filter_chains_draining")
        self.total_listeners_active = scope.gauge("total_listeners_active")
        self.total_listeners_draining = scope.gauge("total_listeners_draining")
        self.total_listeners_warming = scope.gauge("total_listeners_warming")
        self.workers_pinned = scope.gauge("workers_pinned")
        self.workers_started = scope.gauge("workers_started")


class RuntimeStats:
    """`runtime.`"""

    def __init__(self, scope: StatsScope) -> None:
        self.admin_overrides_active = scope.gauge("admin_overrides_active")
        self.deprecated_feature_seen_since_process_start = scope.gauge("deprecated_feature_seen_since_process_start")
        self.deprecated_feature_use = scope.counter("deprecated_feature_use")
        self.load_error = scope.counter("load_error")
        self.load_success = scope.counter("load_success")
        self.num_keys = scope.gauge("num_keys")
        self.num_layers = scope.gauge("num_layers")
        self.override_dir_exists = scope.counter("override_dir_exists")
        self.override_dir_not_exists = scope.counter("override_dir_not_exists")


class FilesystemStats:
    """`filesystem.`: the access-log writer."""

    def __init__(self, scope: StatsScope) -> None:
        self.flushed_by_timer = scope.counter("flushed_by_timer")
        self.reopen_failed = scope.counter("reopen_failed")
        self.write_buffered = scope.counter("write_buffered")
        self.write_completed = scope.counter("write_completed")
        self.write_failed = scope.counter("write_failed")
        self.write_total_buffered = scope.gauge("write_total_buffered")


class DnsStats:
    """`dns.cares.`"""

    def __init__(self, scope: StatsScope) -> None:
        self.get_addr_failure = scope.counter("get_addr_failure")
        self.not_found = scope.counter("not_found")
        self.pending_resolutions = scope.gauge("pending_resolutions")
        self.reinits = scope.counter("reinits")
        self.resolve_total = scope.counter("resolve_total")
        self.timeouts = scope.counter("timeouts")


class WatchdogStats:
    """`workers.`, `main_thread.`, `server.worker_<i>.`, `server.main_thread.`"""

    def __init__(self, scope: StatsScope) -> None:
        self.watchdog_mega_miss = scope.counter("watchdog_mega_miss")
        self.watchdog_miss = scope.counter("watchdog_miss")


class ThreadLocalClusterManagerStats:
    """`thread_local_cluster_manager.main_thread.` and `.worker_<i>.`: clusters each of them holds."""

    def __init__(self, scope: StatsScope) -> None:
        self.clusters_inflated = scope.gauge("clusters_inflated")


class OverloadStats:
    """Of the overload manager itself; ``root`` is the root scope, its actions and monitors add their own."""

    def __init__(self, root: StatsScope) -> None:
        self.refresh_interval_delay = root.histogram("overload.refresh_interval_delay", Unit.MILLISECONDS)
        self.reset_high_memory_stream_count = root.counter("envoy.overload_actions.reset_high_memory_stream.count")
