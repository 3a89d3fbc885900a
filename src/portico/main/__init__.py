"""The main process: what must exist once.

In: the command line and the bootstrap. Out: bound sockets, running workers, one sum of their stats, an exit code.
Next: `worker`, one process per --concurrency, over `ipc`; a worker that dies is replaced.
Never: a request. Traffic does not stop when this process is busy.
"""
