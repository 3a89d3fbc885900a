"""The only thing the main process and the workers share: messages, and the channel they travel on.

In: a change (one cluster, one route table, one host's health), or a file descriptor. Out: the same, in order.
Next: `worker` builds its own objects from it; `main` sums what comes back.
Never: shared objects, pickle, the whole world where a change will do.
"""
