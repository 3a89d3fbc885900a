"""portico: an Envoy-compatible service proxy in typed Python.

Follow a byte through the package docstrings, in this order:
listener -> http -> router -> upstream -> codec -> net; then config, ipc, worker and main for how it got there.
Beside the steps, and used by all of them: formatter, matching, stats, access_log. In the main process: admin.
`api` is what an extension imports; `extensions` holds one file per Envoy extension; `testing` the public fakes.
"""

from portico import version

__version__ = version.VERSION
