"""What is measured: each scenario is one row of traffic and the goal portico has for it."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

CONNECTIONS: Final = 32
SMALL_BODY: Final = b"x" * 100
BULK_BODY_BYTES: Final = 1024 * 1024


class Listener(Enum):
    """Which proxy configuration a scenario needs."""

    HTTP = "http"
    HTTP_ACCESS_LOG = "http with access log"
    TCP = "tcp"


@dataclass(frozen=True)
class Scenario:
    """One kind of traffic through one kind of listener."""

    name: str
    title: str
    listener: Listener
    goal: float
    """The least acceptable ratio of portico (compiled, one worker) to Envoy in the same run."""
    method: str = "GET"
    path: str = "/"
    request_body_bytes: int = 0
    response_body_bytes: int = len(SMALL_BODY)
    connection_per_request: bool = False

    @property
    def is_bulk(self) -> bool:
        """Large responses, which need a load generator that does not copy them."""
        return self.response_body_bytes >= BULK_BODY_BYTES


SCENARIOS: Final[tuple[Scenario, ...]] = (
    Scenario("small", "HTTP/1.1, small responses", Listener.HTTP, goal=1.5),
    Scenario("access-log", "the same, access log to a file", Listener.HTTP_ACCESS_LOG, goal=1.4),
    Scenario("post", "4 KiB POST", Listener.HTTP, goal=1.4, method="POST", request_body_bytes=4096),
    Scenario("bulk", "1 MiB responses", Listener.HTTP, goal=1.0, path="/bulk", response_body_bytes=BULK_BODY_BYTES),
    Scenario("connect", "connection per request", Listener.HTTP, goal=0.9, connection_per_request=True),
    Scenario("tcp", "TCP proxy", Listener.TCP, goal=0.9),
)
INTERPRETED_GOAL: Final = 1.0  # small responses only: portico without a C compiler is still Envoy's equal
