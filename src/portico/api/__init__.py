"""The words of the proxy: everything an extension imports, and all of the core that it imports.

In: nothing. Out: interfaces (filter, codec, load balancer, logger), headers, buffers, addresses, outcomes.
Next: every other package. Never: a loop, a socket, a protobuf message, or anything above this line.
"""
