"""What the tournament needs to know about a proxy."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench.scenarios import Listener


@dataclass(frozen=True)
class Layout:
    """Where one run of a proxy lives."""

    root: Path
    """An empty directory; `access.log` in it is where the access log goes."""
    listen_port: int
    admin_port: int
    upstream_port: int
    nofile: int

    @property
    def access_log(self) -> Path:
        return self.root / "access.log"


@dataclass(frozen=True)
class Launch:
    """A command that runs a proxy in the foreground, with the configuration it was written for."""

    command: list[str]
    env: Mapping[str, str] = field(default_factory=dict)
    logs_to_stdout: bool = False
    """Access log lines come on standard output, which then has to be `Layout.access_log`."""


class Contestant:
    """One proxy. Raises BenchError where the machine lacks it."""

    name: str
    has_admin = False
    """Whether it answers `/ready` on `Layout.admin_port` as Envoy does."""

    def version(self) -> str:
        """As the program states it."""
        raise NotImplementedError

    def launch(self, listener: Listener, layout: Layout, concurrency: int) -> Launch:
        """Writes the configuration under `layout.root`."""
        raise NotImplementedError

    def build(self, pid: int) -> str:
        """How the running program was built, if it can differ: 'compiled', 'interpreted' or ''."""
        return ""
