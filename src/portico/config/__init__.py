"""Configuration: text and protobuf in, a checked bootstrap or resource out.

In: YAML, JSON, binary or text protobuf; from a file, the command line, or an xDS server.
Out: protobuf messages that kept every rule of Envoy's API, the place in the file each field came from, and all
complaints at once.
Next: `from_proto.py` of each package builds its objects from these messages.
Never: opens a socket, knows what a filter does, or imports a package other than portico.api.
"""
