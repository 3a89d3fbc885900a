"""What a worker that starts later hears."""

import socket

from portico.ipc.messages import (
    Cells,
    ClusterRemoval,
    ClusterUpdate,
    DrainChange,
    HealthFlip,
    HostsUpdate,
    ListenerRemoval,
    ListenersStop,
    ListenerUpdate,
    LogLevels,
    Message,
    ReopenLogs,
    RuntimeValues,
    StatsRequest,
)
from portico.main.current_state import CurrentState


def state(*messages: Message) -> CurrentState:
    made = CurrentState()
    for message in messages:
        made.record(message)
    return made


def heard(made: CurrentState, worker: int = 0) -> list[Message]:
    return [message for message, _ in made.replay(worker)]


def test_the_last_word_on_a_subject_counts() -> None:
    old, new = ClusterUpdate(1, "c", b"old"), ClusterUpdate(2, "c", b"new")
    other = ClusterUpdate(3, "d", b"other")
    assert heard(state(old, other, new)) == [new, other]


def test_what_others_refer_to_comes_first() -> None:
    listener, hosts = ListenerUpdate(1, "l", b"", ()), HostsUpdate("c", b"")
    health, cluster = HealthFlip("c", "a", 1), ClusterUpdate(2, "c", b"")
    cells, runtime, levels = Cells({"a": 1}), RuntimeValues({}), LogLevels({})
    made = state(listener, health, hosts, cluster, cells, runtime, levels)
    assert heard(made) == [levels, runtime, cells, cluster, hosts, health, listener]


def test_cells_gather() -> None:
    assert heard(state(Cells({"a": 1}), Cells({"b": 2}))) == [Cells({"a": 1, "b": 2})]


def test_a_removed_cluster_takes_its_hosts_along() -> None:
    kept = ClusterUpdate(2, "d", b"")
    made = state(ClusterUpdate(1, "c", b""), HostsUpdate("c", b""), HealthFlip("c", "a", 1), kept, ClusterRemoval("c"))
    assert heard(made) == [kept]


def test_removed_and_stopped_listeners_are_not_heard_of() -> None:
    one, two, three = (ListenerUpdate(1, name, b"", ()) for name in "abc")
    assert heard(state(one, two, three, ListenerRemoval("a", 1.0), ListenersStop(("b",)))) == [three]


def test_health_is_known_by_host() -> None:
    one, other = HealthFlip("c", "a", 1), HealthFlip("c", "b", 1)
    newer = HealthFlip("c", "a", 0)
    assert heard(state(one, other, newer)) == [newer, other]


def test_questions_and_commands_are_not_state() -> None:
    assert heard(state(StatsRequest(1), ReopenLogs())) == []
    drain = DrainChange(True, False)
    assert heard(state(drain)) == [drain]


def test_each_worker_hears_of_its_own_sockets() -> None:
    made = CurrentState()
    update = ListenerUpdate(1, "l", b"", ())
    with socket.socket() as first, socket.socket() as second:
        made.record(update, [[first], [second]])
        assert list(made.replay(0)) == [(update, [first.fileno()])]
        assert list(made.replay(1)) == [(update, [second.fileno()])]
