"""What the admin interface can ask of the process, and tell it."""

import asyncio
from collections.abc import Callable

from portico.admin.state import ProcessState
from portico.config.load import LoadOptions
from portico.config.protos import message_class
from portico.ipc.messages import DrainChange, ListenersStop, Message, ReopenLogs
from portico.main.listeners import Listeners
from portico.main.memory import ProcessMemory
from portico.main.options import LogOptions, Options, ProcessOptions, RestartOptions
from portico.main.process_control import MainProcess, command_line_options
from portico.stats.process_stats import ListenerManagerStats
from portico.stats.store import StatsStore
from tests.main.recording import RecordingSupervisor


class NamedListeners(Listeners):
    """Two listeners without sockets."""

    def __init__(self, supervisor: RecordingSupervisor) -> None:
        super().__init__(1, supervisor, ListenerManagerStats(StatsStore()))
        self.recorder = supervisor

    def names(self, *, inbound_only: bool = False) -> tuple[str, ...]:
        return ("in",) if inbound_only else ("in", "out")

    def stop(self, names: tuple[str, ...]) -> None:
        self.recorder.tell(ListenersStop(names))


class Made:
    def __init__(self, drain_time_s: int = 600) -> None:
        self.supervisor = RecordingSupervisor()
        self.listeners = NamedListeners(self.supervisor)
        options = Options(LoadOptions(), process=ProcessOptions(drain_time_s=drain_time_s))
        self.process = MainProcess(options, asyncio.get_running_loop(), self.supervisor, self.listeners)


def told(body: Callable[[Made], None], drain_time_s: int = 600) -> list[Message]:
    async def run() -> list[Message]:
        made = Made(drain_time_s)
        body(made)
        await asyncio.sleep(0.02)
        return made.supervisor.told

    return asyncio.run(run())


def test_goes_through_its_states() -> None:
    def body(made: Made) -> None:
        states = [made.process.state()]
        for state in (ProcessState.INITIALIZING, ProcessState.LIVE):
            made.process.enter(state)
            states.append(made.process.state())
        made.process.set_health_check_failed(True)
        states.append(made.process.state())
        made.process.set_health_check_failed(False)
        states.append(made.process.state())
        assert [state.name for state in states] == ["PRE_INITIALIZING", "INITIALIZING", "LIVE", "DRAINING", "LIVE"]

    assert told(body) == [DrainChange(False, True), DrainChange(False, False)]


def test_draining_at_once_stops_the_listeners() -> None:
    def body(made: Made) -> None:
        made.process.drain_listeners(graceful=False, skip_exit=False, inbound_only=True)

    assert told(body) == [ListenersStop(("in",))]


def test_draining_gracefully_first_asks_clients_to_leave() -> None:
    expected = [DrainChange(True, False), ListenersStop(("in", "out"))]
    drain = lambda made: made.process.drain_listeners(graceful=True, skip_exit=False, inbound_only=False)  # noqa: E731
    assert told(drain, drain_time_s=0) == expected
    assert told(drain) == expected[:1]


def test_draining_gracefully_with_skip_exit_keeps_listening() -> None:
    drain = lambda made: made.process.drain_listeners(graceful=True, skip_exit=True, inbound_only=False)  # noqa: E731
    assert told(drain, drain_time_s=0) == [DrainChange(True, False)]


def test_quit_and_reopen_reach_the_process() -> None:
    calls: list[str] = []

    def body(made: Made) -> None:
        made.process.on_quit = lambda: calls.append("quit")
        made.process.on_reopen = lambda: calls.append("reopen")
        made.process.quit()
        assert calls == []  # the answer leaves first
        made.process.reopen_logs()

    assert told(body) == [ReopenLogs()]
    assert calls == ["reopen", "quit"]


def test_tells_what_it_is() -> None:
    async def run() -> None:
        made = Made()
        made.process.node = message_class("envoy.config.core.v3.Node")(id="n")
        details = made.process.details()
        assert details.version.startswith("portico/")
        assert message_class("envoy.config.core.v3.Node").FromString(details.node).id == "n"
        made.process.memory_now = lambda: ProcessMemory(resident=3, private=1, data=2)
        memory = await made.process.memory()
        assert (memory.allocated, memory.heap_size, memory.total_physical_bytes) == (1, 2, 3)

    asyncio.run(run())


def test_the_command_line_is_envoys_message() -> None:
    options = Options(
        LoadOptions(config_path="e.yaml", service_node="sn"),
        LogOptions(component_levels=(("upstream", "debug"),)),
        RestartOptions(socket_path="@x"),
        ProcessOptions(concurrency=3, is_drain_gradual=False),
        stats_tags=(("a", "b"),),
        other_flags={"cpuset_threads": True},
    )
    shown = command_line_options(options, 7)
    known = message_class("envoy.admin.v3.CommandLineOptions").DESCRIPTOR.fields_by_name
    assert set(shown) <= set(known)
    wanted = {
        "base_id": "7",
        "concurrency": 3,
        "config_path": "e.yaml",
        "service_node": "sn",
        "component_log_level": "upstream:debug",
        "drain_strategy": "Immediate",
        "drain_time": "600s",
        "file_flush_interval": "10s",
        "stats_tag": ["a:b"],
        "cpuset_threads": True,
    }
    assert {name: shown[name] for name in wanted} == wanted
