"""Durations in float seconds, and what an absent one means."""

from typing import Any

from portico.config.durations import seconds, seconds_or
from portico.config.protos import message_class


def cluster() -> Any:
    return message_class("envoy.config.cluster.v3.Cluster")()


def test_whole_and_split_seconds_add_up() -> None:
    message = cluster()
    message.connect_timeout.seconds = 3
    message.connect_timeout.nanos = 250_000_000
    assert seconds(message.connect_timeout) == 3.25
    assert seconds_or(message, "connect_timeout", 9.0) == 3.25


def test_one_that_is_not_set_is_zero_or_the_default() -> None:
    assert seconds(cluster().connect_timeout) == 0.0
    assert seconds_or(cluster(), "connect_timeout", 5.0) == 5.0


def test_zero_that_is_set_is_not_the_default() -> None:
    message = cluster()
    message.connect_timeout.SetInParent()
    assert seconds_or(message, "connect_timeout", 5.0) == 0.0
