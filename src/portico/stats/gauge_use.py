"""Which counter tells that a gauge was used: the hot path adds to a gauge's value itself and leaves no other trace.

Envoy shows a gauge that went up and down again as used, `?usedonly` included; one that was never touched it hides.
"""

from __future__ import annotations

from typing import Final

COUNTED_WITH: Final = {
    "downstream_cx_active": "downstream_cx_total",
    "downstream_cx_http1_active": "downstream_cx_http1_total",
    "downstream_cx_rx_bytes_buffered": "downstream_cx_total",
    "downstream_pre_cx_active": "downstream_cx_total",
    "downstream_rq_active": "downstream_rq_total",
    "upstream_cx_active": "upstream_cx_total",
    "upstream_cx_rx_bytes_buffered": "upstream_cx_total",
    "upstream_rq_active": "upstream_rq_total",
    "upstream_rq_pending_active": "upstream_rq_pending_total",
}

BREAKERS: Final = ".circuit_breakers.default."
BREAKERS_COUNTED_WITH: Final = {
    "cx_open": "upstream_cx_total",
    "cx_pool_open": "upstream_rq_pending_total",
    "rq_open": "upstream_rq_total",
    "rq_pending_open": "upstream_rq_pending_total",
}


def counted_with(gauge: str) -> str:
    """The full name of the counter that is not 0 once ``gauge`` was used; "" = the gauge notes it by itself."""
    owner, _, name = gauge.rpartition(".")
    counter = COUNTED_WITH.get(name)
    if counter is None and BREAKERS in gauge:
        owner, _, name = gauge.rpartition(BREAKERS)
        counter = BREAKERS_COUNTED_WITH.get(name)
    return f"{owner}.{counter}" if counter is not None else ""
