"""Step 4. Clusters: load balancer -> host -> connection pool -> codec client.

In: a cluster name and the request's load-balancing context. Out: a stream to one host, or why there is none.
Next: `codec` to speak to the host, `net` to reach it.
Never: routes, retries, downstream state.
"""
