"""Paths that do not fit."""

import pytest

from portico.config.protos import message_class
from portico.main.pipe_paths import MAX_PATH_BYTES, too_long_paths


@pytest.mark.parametrize(("length", "is_refused"), [(MAX_PATH_BYTES - 1, False), (MAX_PATH_BYTES, True)])
def test_the_closing_nul_must_fit(length: int, is_refused: bool) -> None:
    listener = message_class("envoy.config.listener.v3.Listener")()
    listener.address.pipe.path = "/" * length
    errors = too_long_paths(listener)
    assert bool(errors) is is_refused
    if errors:
        assert errors[0].field_path == "address.pipe.path"
        assert f"exceeds maximum UNIX domain socket path size of {MAX_PATH_BYTES}." in errors[0].message


def test_finds_them_wherever_they_are() -> None:
    bootstrap = message_class("envoy.config.bootstrap.v3.Bootstrap")()
    bootstrap.admin.address.pipe.path = "/" * 200
    cluster = bootstrap.static_resources.clusters.add()
    cluster.load_assignment.endpoints.add().lb_endpoints.add().endpoint.address.pipe.path = "/" * 200
    assert sorted(error.field_path for error in too_long_paths(bootstrap)) == [
        "admin.address.pipe.path",
        "static_resources.clusters[0].load_assignment.endpoints[0].lb_endpoints[0].endpoint.address.pipe.path",
    ]
