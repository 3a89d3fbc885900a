"""Every file in examples/ starts as it stands, and proxies when its upstream is a local one."""

import re
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.integration.portico_process import DEADLINE_S, ROOT, Portico, free_port, run

EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))


class Upstream(BaseHTTPRequestHandler):
    """Says which host it was asked for, and what for."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = f"{self.headers['host']} {self.path}".encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name is the base class's
        """Not to the test's output."""


@pytest.fixture
def upstream_port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Upstream) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def replaced(text: str, old: str, new: str) -> str:
    changed, count = re.subn(old, new, text)
    assert count == 1, f"{old!r} occurs {count} times"
    return changed


def made_local(example: Path, directory: Path, ports: dict[int, int]) -> str:
    """The example with other ports, its admin log in ``directory`` and its upstream on this machine."""
    text = replaced(example.read_text(), r"(?<= address: )www\.google\.com", "localhost")
    text = replaced(text, "/tmp/admin_access.log", str(directory / "admin.log"))
    for old, new in ports.items():
        text = replaced(text, rf"(?<=port_value: ){old}\b", str(new))
    return text


def test_there_are_examples() -> None:
    assert [path.name for path in EXAMPLES] == ["front_proxy.yaml", "front_proxy_all_interfaces.yaml"]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_is_valid_without_a_warning(example: Path) -> None:
    checked = run("--mode", "validate", "--strict", "-c", str(example), "--use-dynamic-base-id")
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_proxies_to_its_upstream(example: Path, tmp_path: Path, upstream_port: int) -> None:
    front, admin = free_port(), free_port()
    config = made_local(example, tmp_path, {10000: front, 9901: admin, 80: upstream_port})
    with Portico(config, admin_port=admin) as portico:
        portico.wait_live()
        with urllib.request.urlopen(f"http://127.0.0.1:{front}/search?q=1", timeout=DEADLINE_S) as answer:
            assert answer.headers["server"] == "envoy"
            assert answer.read() == b"www.google.com /search?q=1"
        assert f"service_google::127.0.0.1:{upstream_port}::rq_total::1" in portico.admin("/clusters")[1]
        assert portico.stat("http.ingress_http.downstream_rq_2xx") == 1
        portico.stop()
    assert '"GET /ready HTTP/1.1" 200' in (tmp_path / "admin.log").read_text()
