"""HTTP/1.1 and 1.0 on the wire (RFC 9112), strictly: what parsers read differently is refused."""
