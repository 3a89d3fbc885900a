"""One data-plane process: one event loop, all listeners, and every connection it accepts for life.

In: sockets and configuration changes over `ipc`. Out: traffic; stats and events for the main process.
Next: `listener`, step 1.
Never: xDS, admin, grpc; anything that must exist once.
"""
