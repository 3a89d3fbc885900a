"""What processes use, summed; whoever is gone uses nothing."""

import os

from portico.main.memory import ProcessMemory, memory_of, own_peak
from tests.forked import fork


def test_a_process_uses_memory_and_some_of_it_alone() -> None:
    memory = memory_of([os.getpid()])
    assert memory.resident >= memory.private > 1_000_000
    assert memory.data > 1_000_000


def test_several_are_added_and_the_dead_count_nothing() -> None:
    pid = fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    one, both = memory_of([os.getpid()]), memory_of([os.getpid(), pid])
    assert abs(one.resident - both.resident) < 50_000_000
    assert memory_of([pid]) == memory_of([]) == ProcessMemory(0, 0, 0)


def test_the_peak_is_known_everywhere() -> None:
    assert own_peak().resident > 1_000_000
