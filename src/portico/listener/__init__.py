"""Step 1. An accepted socket becomes a connection with a chain of filters.

In: accepted sockets from `net`. Out: listener filters run, filter chain matched, bytes given to network filters.
Next: the network filter that ends the chain: the `http` connection manager, tcp_proxy or echo.
Never: HTTP, clusters, sockets of its own.
"""
