"""Protos in, a checked snapshot out: the one way configuration enters.

In: YAML, JSON, binary or text, from a file, a flag or xDS. Out: v3 messages, validated, with line and column kept.
Next: `from_proto` of each package builds its objects; `ipc` carries the messages to the workers.
Never: partly applied. Every error of a file is reported at once, each with its place.
"""
