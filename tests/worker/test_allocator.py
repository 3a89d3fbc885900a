"""The allocator keeps what is freed, and gives back what is too much."""

import subprocess
import sys

import pytest

READ_BYTES = 256 * 1024

CHURN = f"""
import resource
from portico.worker.allocator import keep_freed_buffers
if {{tuned}}:
    assert keep_freed_buffers()
def read():
    return bytes({READ_BYTES}), bytes({READ_BYTES})
read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(200):
    read()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(tuned: bool) -> int:
    done = subprocess.run([sys.executable, "-c", CHURN.format(tuned=tuned)], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="mallopt is glibc's")
def test_a_buffer_freed_and_wanted_again_is_not_mapped_anew() -> None:
    assert faults(tuned=True) < 200  # untuned, each round faults its pages in again
