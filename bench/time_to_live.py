"""Time from exec until the admin server says LIVE, with two workers and the whole machine."""

from bench.contestants.contestant import Contestant
from bench.ports import fetch, wait_until
from bench.process import PinnedProcess
from bench.scenarios import Listener
from bench.stage import START_TIMEOUT_S, Stage, new_layout


def measure_time_to_live(stage: Stage, contestant: Contestant) -> float:
    """Seconds. Only for contestants with Envoy's admin interface."""
    layout = new_layout(stage)
    launch = contestant.launch(Listener.HTTP, layout, concurrency=2)
    with PinnedProcess(launch.command, stage.cores, layout.root / "output", launch.env) as process:
        return wait_until(
            process,
            lambda: fetch(layout.admin_port, "GET", "/ready") == (200, b"LIVE\n"),
            START_TIMEOUT_S,
        )
