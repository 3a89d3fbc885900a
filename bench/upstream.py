"""The one upstream behind every proxy: nginx with one worker, shared by all contestants of a run.

Bulk bodies are read into 1 MiB buffers instead of sendfile: over loopback sendfile hands page after page to the
socket and halves the rate (2,300 against 4,400 bodies a second measured on one core, client included).
"""

import os
from pathlib import Path
from typing import Final

from bench.ports import fetch, free_ports, wait_until
from bench.process import PinnedProcess
from bench.scenarios import BULK_BODY_BYTES, SMALL_BODY

_CONFIG: Final = """\
worker_processes 1;
daemon off;
pid {root}/upstream.pid;
error_log stderr crit;
worker_rlimit_nofile {nofile};
events {{ worker_connections 12000; }}
http {{
    access_log off;
    server_tokens off;
    default_type text/plain;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    client_header_buffer_size 8k;
    client_body_buffer_size 64k;
    client_body_temp_path {root}/upstream-body;
    proxy_temp_path {root}/upstream-proxy;
    fastcgi_temp_path {root}/upstream-fastcgi;
    uwsgi_temp_path {root}/upstream-uwsgi;
    scgi_temp_path {root}/upstream-scgi;
    sendfile off;
    output_buffers 2 1m;
    open_file_cache max=10;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        root {root}/www;
        location / {{ return 200 "{body}"; }}
        location /bulk {{ }}
    }}
}}
"""


class Upstream:
    """A running upstream. `port` answers `/` with a small and `/bulk` with a 1 MiB body."""

    def __init__(self, root: Path, core: int, nofile: int) -> None:
        (self.port,) = free_ports(1)
        (root / "www").mkdir()
        self.bulk_body: Final = os.urandom(BULK_BODY_BYTES)
        (root / "www" / "bulk").write_bytes(self.bulk_body)
        os.chmod(root, 0o755)  # nginx started by root serves as another user
        config = root / "upstream.conf"
        config.write_text(_CONFIG.format(root=root, port=self.port, body=SMALL_BODY.decode(), nofile=nofile))
        self.process = PinnedProcess(["nginx", "-p", str(root), "-c", str(config)], [core], root / "upstream.log")
        try:
            wait_until(self.process, lambda: fetch(self.port, "GET", "/") == (200, SMALL_BODY), timeout_s=5)
        except BaseException:
            self.process.stop()
            raise
