"""The base of all actions, and the one that does nothing."""

from __future__ import annotations

from mypy_extensions import mypyc_attr


@mypyc_attr(allow_interpreted_subclasses=True)
class Action:
    """What is to become of a request that matched."""


class NonForwardingAction(Action):
    """A filter is expected to answer; the router filter says 503 if none does (measured on Envoy 1.40)."""
