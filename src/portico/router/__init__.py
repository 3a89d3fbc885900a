"""Step 3. The last HTTP filter: choose a route, a cluster and a host, send the request, judge the answer.

In: a decoded request. Out: an upstream request with its timeouts; a response, or a local reply with its reason.
Next: `upstream`, for a host and a connection to it.
Never: bytes, sockets, load-balancing decisions.
"""
