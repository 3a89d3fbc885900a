"""Step 2. The HTTP connection manager: codec events become streams, streams run through HTTP filters.

In: bytes of one downstream connection. Out: a request, sanitised and routed, at the last filter; its response encoded.
Next: `router`, by way of the filter chain. Every stream ends in one response flag and one access-log line.
Never: upstream connections, wire formats (`codec` has those), a clock of its own.
"""
