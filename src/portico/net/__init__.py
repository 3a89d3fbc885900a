"""Step 6. The loop: sockets, timers, tasks and DNS.

In: addresses to listen on or connect to, buffers to write. Out: connections, callbacks in order, bytes moved.
Next: the kernel. Both directions have watermarks: a slow reader stops the other side's reads.
Never: HTTP. The only data-plane package that imports asyncio.
"""
