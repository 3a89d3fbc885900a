"""Public fakes for whoever writes a filter: connection, clock, filter harness, upstream.

In: the extension under test. Out: a conversation that can be asserted on.
Next: your tests, and ours.
Never: in production code; a mock, a sleep, a fixed port.
"""
