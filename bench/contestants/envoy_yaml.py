"""The v3 configuration that Envoy and portico both get, byte for byte but for the ports."""

from typing import Final

from bench.contestants.contestant import Layout
from bench.scenarios import Listener

# Envoy's default file format is used: no `log_format`.
_ACCESS_LOG: Final = """\
          access_log:
          - name: envoy.access_loggers.file
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
              path: {path}
"""

_HTTP: Final = """\
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: ingress
{access_log}\
          route_config:
            name: local
            virtual_hosts:
            - name: all
              domains: ["*"]
              routes:
              - match: {{prefix: "/"}}
                route: {{cluster: upstream}}
          http_filters:
          - name: envoy.filters.http.router
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
"""

_TCP: Final = """\
      - name: envoy.filters.network.tcp_proxy
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
          stat_prefix: ingress
          cluster: upstream
"""

_BOOTSTRAP: Final = """\
admin:
  address: {{socket_address: {{address: 127.0.0.1, port_value: {admin_port}}}}}
static_resources:
  listeners:
  - name: ingress
    address: {{socket_address: {{address: 127.0.0.1, port_value: {listen_port}}}}}
    filter_chains:
    - filters:
{network_filter}\
  clusters:
  - name: upstream
    type: STATIC
    connect_timeout: 5s
    load_assignment:
      cluster_name: upstream
      endpoints:
      - lb_endpoints:
        - endpoint:
            address: {{socket_address: {{address: 127.0.0.1, port_value: {upstream_port}}}}}
"""


def bootstrap_yaml(listener: Listener, layout: Layout) -> str:
    """One listener, one route, one cluster of one host; everything else at its default."""
    access_log = ""
    if listener is Listener.HTTP_ACCESS_LOG:
        access_log = _ACCESS_LOG.format(path=layout.access_log)
    network_filter = _TCP if listener is Listener.TCP else _HTTP.format(access_log=access_log)
    return _BOOTSTRAP.format(
        admin_port=layout.admin_port,
        listen_port=layout.listen_port,
        upstream_port=layout.upstream_port,
        network_filter=network_filter,
    )
