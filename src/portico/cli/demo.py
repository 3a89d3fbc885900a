"""`portico demo`: two sample services in a process of their own, and portico in front of them."""

from __future__ import annotations

import argparse
import os
import signal
import socket
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from portico.cli.demo_services import serve, users, web
from portico.cli.flags import UsageError
from portico.cli.run import options_of, run
from portico.ipc.process import run_forked

CONFIG: Final = Path(__file__).with_name("demo.yaml")
# The ports in demo.yaml.
FRONT, ADMIN, USERS, WEB = 10000, 9901, 10001, 10002

GREETING: Final = """\
portico is up: http://127.0.0.1:{front}, admin http://127.0.0.1:{admin}
Try, in another terminal:
  curl http://127.0.0.1:{front}/users/ada
  curl -i -d 'hello' http://127.0.0.1:{front}/echo
  curl -i http://127.0.0.1:{front}/slow
What runs here: {config}
Below is the access log. Ctrl-C ends the demo.
"""


def serve_demo(parsed: argparse.Namespace) -> int:
    """Until Ctrl-C. Raises UsageError."""
    if parsed.config_path or parsed.config_yaml:
        raise UsageError("error: the demo has its own configuration; for yours: portico -c FILE")
    front, admin = demo_ports(parsed.demo_ports)
    users_socket, web_socket = listen_near(USERS), listen_near(WEB)
    ports = {FRONT: front, ADMIN: admin, USERS: users_socket.getsockname()[1], WEB: web_socket.getsockname()[1]}
    options = options_of(parsed)
    options = replace(
        options,
        load=replace(options.load, config_yaml=with_ports(CONFIG.read_text(), ports)),
        log=replace(options.log, level="error" if options.log.level == "info" else options.log.level),
        process=replace(options.process, file_flush_interval_ms=200),  # show each access at once
        greeting=GREETING.format(front=front, admin=admin, config=CONFIG),
    )
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        ours.close()
        run_forked(lambda: serve([(users_socket, users), (web_socket, web)], theirs))
    for each in (users_socket, web_socket, theirs):
        each.close()
    try:
        return run(options)
    finally:
        ours.close()
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def demo_ports(text: str | None) -> tuple[int, int]:
    if text is None:
        return FRONT, ADMIN
    try:
        front, admin = (int(port) for port in text.split(","))
    except ValueError:
        raise UsageError(f"error: --demo-ports {text}: must be two ports, e.g. {FRONT},{ADMIN}") from None
    return front, admin


def listen_near(port: int) -> socket.socket:
    """On the port of demo.yaml, or on any other if it is taken: nobody has to know the services' ports."""
    for wanted in (port, 0):
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", wanted))
            listening.listen()
            return listening
        except OSError:
            listening.close()
            if not wanted:
                raise
    raise AssertionError("port 0 is never taken")


def with_ports(text: str, ports: dict[int, int]) -> str:
    for ours, actual in ports.items():
        text = text.replace(f"port_value: {ours} ", f"port_value: {actual} ")
    return text
