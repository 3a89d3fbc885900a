from portico.listener.connection_limits import GLOBAL_KEY, Admission, ConnectionLimits
from tests.listener.surroundings import Process

LISTENER_KEY = "envoy.resource_limits.listener.ingress.connection_limit"


def limits(process: Process, name: str = "ingress", ignores_global: bool = False) -> ConnectionLimits:
    return ConnectionLimits(name, process.context, ignores_global)


def test_without_keys_everybody_is_welcome() -> None:
    process = Process()
    ingress = limits(process)
    for _ in range(100):
        assert ingress.admit() is Admission.WELCOME
        ingress.acquire()


def test_listener_limit_counts_its_own_connections() -> None:
    process = Process()
    process.runtime.load({LISTENER_KEY: "1"})
    ingress, other = limits(process), limits(process, "other")
    other.acquire()
    assert ingress.admit() is Admission.WELCOME
    ingress.acquire()
    assert ingress.admit() is Admission.OVER_LISTENER_LIMIT
    assert other.admit() is Admission.WELCOME
    ingress.release()
    assert ingress.admit() is Admission.WELCOME


def test_global_limit_counts_all_listeners() -> None:
    process = Process()
    process.runtime.load({GLOBAL_KEY: "1"})
    ingress, other = limits(process), limits(process, "other")
    other.acquire()
    assert ingress.admit() is Admission.OVER_GLOBAL_LIMIT
    assert limits(process, ignores_global=True).admit() is Admission.WELCOME


def test_change_of_runtime_counts_at_once() -> None:
    process = Process()
    ingress = limits(process)
    ingress.acquire()
    process.runtime.load({LISTENER_KEY: "1"})
    assert ingress.admit() is Admission.OVER_LISTENER_LIMIT


def test_zero_admits_nobody() -> None:
    process = Process()
    process.runtime.load({LISTENER_KEY: "0"})
    assert limits(process).admit() is Admission.OVER_LISTENER_LIMIT
