"""How one stat's values in several processes become one: mostly a sum, sometimes not."""

from __future__ import annotations

from typing import Final

# Every process sees the same host set, the same configuration and the same breaker: adding them up would multiply.
SAME_EVERYWHERE: Final = frozenset(
    [
        "membership_change", "membership_degraded", "membership_excluded", "membership_healthy", "membership_total",
        "max_host_weight", "lb_subsets_active", "lb_recalculate_zone_structures", "ejections_active", "warming_state",
        "version", "update_time", "update_attempt", "update_success", "update_failure", "update_empty",
        "update_rejected", "update_no_rebuild", "total_match_count", "config_reload", "config_reload_time_ms",
        "cx_open", "cx_pool_open", "rq_open", "rq_pending_open", "rq_retry_open", "upstream_queue_overloaded",
        "remaining_cx", "remaining_cx_pools", "remaining_pending", "remaining_retries", "remaining_rq",
    ]
)  # fmt: skip

# What the main process decides and workers at most repeat.
OF_THE_PROCESS: Final = ("server.", "cluster_manager.", "runtime.", "overload.", "control_plane.")


def takes_maximum(name: str) -> bool:
    """Whether the processes' values agree and the largest counts, instead of being added up."""
    return name.rpartition(".")[2] in SAME_EVERYWHERE or name.startswith(OF_THE_PROCESS)
