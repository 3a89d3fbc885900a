"""Access logs on disks that are full or slow, and logs that are moved away: requests never notice."""

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.integration.drill import GET, Proxy, Upstream, answering, eventually, read_all

REQUESTS = 3000


def load(proxy: Proxy, requests: int = REQUESTS) -> int:
    """How many were answered, all on one connection."""
    with proxy.connect() as client:
        client.sendall(GET * (requests - 1) + GET.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"))
        return read_all(client).count(b"HTTP/1.1 200 ")


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is Linux")
def test_a_full_disk(tmp_path: Path) -> None:
    with Upstream(answering()) as upstream, Proxy(tmp_path, upstream, log_path=Path("/dev/full")) as proxy:
        proxy.wait_live()
        assert load(proxy) == REQUESTS
        assert eventually(lambda: proxy.stat("filesystem.write_failed") > 0)
        assert proxy.admin("/ready") == (200, "LIVE\n")
        proxy.finish(upstream)


def test_a_pipe_whose_reader_does_not_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with Upstream(answering()) as upstream, Proxy(tmp_path, upstream, log_path=pipe) as proxy:
        proxy.wait_live()
        assert load(proxy) == REQUESTS
        before_kib = proxy.memory_kib()
        assert load(proxy) == REQUESTS
        assert proxy.memory_kib() - before_kib < 4096
        os.close(reader)
        proxy.finish(upstream)


def test_a_log_that_is_moved_away_is_opened_anew(tmp_path: Path) -> None:
    with Upstream(answering()) as upstream, Proxy(tmp_path, upstream) as proxy:
        proxy.wait_live()
        for number in range(3):
            assert load(proxy, 50) == 50
            assert len(proxy.log(50)) == 50
            moved = tmp_path / f"access.log.{number}"
            proxy.log_path.rename(moved)
            proxy.process.send_signal(signal.SIGUSR1)
            assert eventually(proxy.log_path.exists)
            assert len(moved.read_text().splitlines()) == 50
        assert proxy.stat("filesystem.reopen_failed") == 0
        proxy.finish(upstream)


def test_a_log_that_cannot_be_opened_anew_is_written_on(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    path = folder / "access.log"
    with Upstream(answering()) as upstream, Proxy(tmp_path, upstream, log_path=path) as proxy:
        proxy.wait_live()
        folder.rename(tmp_path / "moved")
        proxy.process.send_signal(signal.SIGUSR1)
        assert load(proxy, 50) == 50
        assert eventually(lambda: proxy.stat("filesystem.reopen_failed") > 0)
        folder.mkdir()
        proxy.process.send_signal(signal.SIGUSR1)
        assert eventually(path.exists)
        assert load(proxy, 50) == 50
        assert eventually(lambda: len(path.read_text().splitlines()) >= 50)
        proxy.finish(upstream)
