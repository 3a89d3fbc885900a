"""`portico demo`: what it prints works, and Ctrl-C ends it without a word."""

import re
import shlex
import signal
import subprocess
import urllib.request
from collections.abc import Iterator

import pytest

from tests.integration.portico_process import DEADLINE_S, ROOT, command, free_port


class Demo:
    def __init__(self) -> None:
        self.front, self.admin = free_port(), free_port()
        self.process = subprocess.Popen(
            command("demo", "--demo-ports", f"{self.front},{self.admin}", "--use-dynamic-base-id"),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout
        self.greeting = ""
        while "Ctrl-C" not in self.greeting:
            line = self.process.stdout.readline()
            assert line, self.process.communicate()[1]
            self.greeting += line

    def stop(self) -> tuple[str, str]:
        self.process.send_signal(signal.SIGINT)
        return self.process.communicate(timeout=DEADLINE_S)


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    running = Demo()
    yield running
    if running.process.poll() is None:
        running.stop()


def curl(line: str) -> tuple[int, str]:
    """What a curl command of the greeting asks for: status and body."""
    words = shlex.split(line)
    body = words[words.index("-d") + 1].encode() if "-d" in words else None
    request = urllib.request.Request(words[-1], data=body)
    try:
        with urllib.request.urlopen(request, timeout=DEADLINE_S) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_the_three_curl_lines_work(demo: Demo) -> None:
    users, echo, slow = re.findall(r"^  (curl .*)$", demo.greeting, re.MULTILINE)
    assert curl(users) == (200, '{"name": "ada", "service": "users"}\n')
    status, body = curl(echo)
    assert (status, body.splitlines()[0]) == (200, "POST /echo HTTP/1.1")
    assert body.endswith("\r\n\r\nhello")
    assert "x-request-id: " in body
    assert curl(slow) == (504, "upstream request timeout")


def test_the_admin_interface_is_where_it_says(demo: Demo) -> None:
    url = re.search(r"admin (http://\S+)", demo.greeting)
    assert url
    assert curl(f"curl {url[1]}/ready") == (200, "LIVE\n")


def test_the_proxy_answers_by_itself_too(demo: Demo) -> None:
    assert curl(f"curl http://127.0.0.1:{demo.front}/hello") == (200, "from the proxy itself\n")


def test_unknown_pages_are_the_services_to_refuse(demo: Demo) -> None:
    assert curl(f"curl http://127.0.0.1:{demo.front}/users/")[0] == 404
    assert curl(f"curl http://127.0.0.1:{demo.front}/nothing") == (404, "no such page\n")


def test_ctrl_c_ends_it_without_a_word_and_leaves_nobody() -> None:
    running = Demo()
    curl(f"curl http://127.0.0.1:{running.front}/")
    output, errors = running.stop()
    assert running.process.returncode == 0
    assert errors == ""
    assert '"GET / HTTP/1.1" 200' in output
    left = subprocess.run(["ps", "-e", "-o", "args="], capture_output=True, text=True, check=True).stdout
    assert f"{running.front},{running.admin}" not in left


def test_a_configuration_of_ones_own_is_no_demo() -> None:
    answer = subprocess.run(
        command("demo", "-c", "mine.yaml"), cwd=ROOT, capture_output=True, text=True, timeout=DEADLINE_S, check=False
    )
    assert answer.returncode == 1
    assert "the demo has its own configuration; for yours: portico -c FILE" in answer.stderr
