"""nginx with one worker, keep-alive to the upstream and no temporary files."""

import os
import re
import subprocess
from typing import Final

from bench.contestants.contestant import Contestant, Launch, Layout
from bench.nginx_modules import nginx_module
from bench.process import BenchError
from bench.scenarios import Listener

_MAIN: Final = """\
{load_module}
worker_processes {concurrency};
daemon off;
{user}
pid {root}/nginx.pid;
error_log stderr crit;
worker_rlimit_nofile {nofile};
events {{ worker_connections 12000; }}
"""

# Envoy's default format, field by field. Buffered, because Envoy's file logger buffers 64 KiB too.
_ACCESS_LOG: Final = """\
    log_format envoy '[$time_iso8601] "$request_method $uri $server_protocol" $status - $request_length '
        '$body_bytes_sent $request_time $upstream_response_time "$http_x_forwarded_for" "$http_user_agent" '
        '"$request_id" "$http_host" "$upstream_addr"';
    access_log {path} envoy buffer=64k flush=10s;
"""

_HTTP: Final = """\
http {{
{access_log}
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    client_body_temp_path {root}/body;
    proxy_temp_path {root}/proxy;
    fastcgi_temp_path {root}/fastcgi;
    uwsgi_temp_path {root}/uwsgi;
    scgi_temp_path {root}/scgi;
    upstream backend {{
        server 127.0.0.1:{upstream_port};
        keepalive 128;
        keepalive_requests 1000000000;
        keepalive_timeout 1h;
    }}
    server {{
        listen 127.0.0.1:{listen_port} backlog=4096;
        location / {{
            proxy_pass http://backend;
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header Connection "";
            proxy_max_temp_file_size 0;
        }}
    }}
}}
"""

_STREAM: Final = """\
stream {{
    server {{
        listen 127.0.0.1:{listen_port} backlog=4096;
        proxy_pass 127.0.0.1:{upstream_port};
    }}
}}
"""


class Nginx(Contestant):
    """The distribution's nginx."""

    name = "nginx"

    def version(self) -> str:
        try:
            done = subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=False)
        except FileNotFoundError:
            raise BenchError("nginx is not installed: run `python -m bench.install`") from None
        found = re.search(r"nginx/(\S+)", done.stderr)
        return found[1] if found else done.stderr.strip()

    def launch(self, listener: Listener, layout: Layout, concurrency: int) -> Launch:
        module = nginx_module("ngx_stream_module.so")
        if listener is Listener.TCP and module is None:
            raise BenchError("this nginx has no stream module (Debian: libnginx-mod-stream)")
        text = _MAIN.format(
            load_module=f"load_module {module};" if listener is Listener.TCP else "",
            user="user root;" if os.geteuid() == 0 else "",  # so that it may write into layout.root
            concurrency=concurrency,
            root=layout.root,
            nofile=layout.nofile,
        )
        log = "    access_log off;\n"
        if listener is Listener.HTTP_ACCESS_LOG:
            log = _ACCESS_LOG.format(path=layout.access_log)
        text += (_STREAM if listener is Listener.TCP else _HTTP).format(
            access_log=log, root=layout.root, listen_port=layout.listen_port, upstream_port=layout.upstream_port
        )
        config = layout.root / "nginx.conf"
        config.write_text(text)
        return Launch(["nginx", "-p", str(layout.root), "-c", str(config)])
