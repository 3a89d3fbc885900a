"""HAProxy with one thread and shared idle connections to the upstream."""

import re
import subprocess
from typing import Final

from bench.contestants.contestant import Contestant, Launch, Layout
from bench.process import BenchError
from bench.scenarios import Listener

_CONFIG: Final = """\
global
    nbthread {concurrency}
    maxconn 8000
{global_log}
defaults
    mode {mode}
    timeout connect 5s
    timeout client 1h
    timeout server 1h
{defaults_log}
{http_reuse}
frontend ingress
    bind 127.0.0.1:{listen_port} backlog 4096
{captures}
    default_backend upstream
backend upstream
    server upstream 127.0.0.1:{upstream_port}
"""

# Envoy's default format, field by field. A request header has to be captured to be logged.
_CAPTURES: Final = """\
    declare capture request len 256
    declare capture request len 64
    http-request capture req.hdr(user-agent) id 0
    http-request capture req.hdr(host) id 1
    unique-id-format %[uuid()]
"""
_LOG_FORMAT: Final = (
    '    log-format "[%[date,ltime(%Y-%m-%dT%H:%M:%S)].%ms] \\"%HM %HP %HV\\" %ST %tsc %U %B %Ta %Tr '
    '\\"-\\" \\"%[capture.req.hdr(0)]\\" \\"%ID\\" \\"%[capture.req.hdr(1)]\\" \\"%si:%sp\\""'
)


class HAProxy(Contestant):
    """The distribution's HAProxy. It logs to standard output, one write a line: it has no log file of its own."""

    name = "haproxy"

    def version(self) -> str:
        try:
            done = subprocess.run(["haproxy", "-v"], capture_output=True, text=True, check=False)
        except FileNotFoundError:
            raise BenchError("haproxy is not installed: run `python -m bench.install`") from None
        found = re.search(r"version (\S+)", done.stdout)
        return found[1] if found else done.stdout.strip()

    def launch(self, listener: Listener, layout: Layout, concurrency: int) -> Launch:
        logs = listener is Listener.HTTP_ACCESS_LOG
        config = layout.root / "haproxy.cfg"
        config.write_text(
            _CONFIG.format(
                concurrency=concurrency,
                mode="tcp" if listener is Listener.TCP else "http",
                global_log="    log stdout len 2048 format raw local0" if logs else "",
                defaults_log=f"    log global\n{_LOG_FORMAT}" if logs else "",
                http_reuse="" if listener is Listener.TCP else "    http-reuse always",
                captures=_CAPTURES if logs else "",
                listen_port=layout.listen_port,
                upstream_port=layout.upstream_port,
            )
        )
        return Launch(["haproxy", "-db", "-f", str(config)], logs_to_stdout=logs)
