"""What a process says of its software in its node: to /server_info, /config_dump and management servers."""

from __future__ import annotations

from typing import Any, Final

from portico.version import VERSION, build_type

USER_AGENT_NAME: Final = "portico"


def sign(node: Any) -> None:
    """Write the version into an envoy.config.core.v3.Node, and the name if a file gave no other."""
    node.user_agent_name = node.user_agent_name or USER_AGENT_NAME
    build = node.user_agent_build_version
    build.Clear()
    build.version.major_number, build.version.minor_number, build.version.patch = version_numbers()
    build.metadata["build.type"] = build_type()


def version_numbers() -> tuple[int, int, int]:
    major, minor, patch = (int(part) for part in VERSION.split(".")[:3])
    return major, minor, patch
