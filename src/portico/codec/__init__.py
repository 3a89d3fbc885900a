"""Step 5. Bytes to events and events to bytes, for both roles of each protocol.

In: what arrived, or an event to send. Out: the same list of events for every HTTP version, or bytes to write.
Next: `net`, which moves the bytes.
Never: a socket, a clock, a policy. A peer's mistake is a `ProtocolError` event, never an exception.
"""
