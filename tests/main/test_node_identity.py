"""The software in the node."""

from portico.config.protos import message_class
from portico.main.node_identity import sign, version_numbers
from portico.version import VERSION, build_type


def test_the_name_in_a_file_stays_a_version_does_not() -> None:
    node = message_class("envoy.config.core.v3.Node")(user_agent_name="other", user_agent_version="1")
    sign(node)
    assert (node.user_agent_name, node.WhichOneof("user_agent_version_type")) == ("other", "user_agent_build_version")


def test_a_node_names_portico_and_its_version() -> None:
    node = message_class("envoy.config.core.v3.Node")(id="n")
    sign(node)
    assert (node.id, node.user_agent_name) == ("n", "portico")
    version = node.user_agent_build_version.version
    assert f"{version.major_number}.{version.minor_number}.{version.patch}" == VERSION
    assert dict(node.user_agent_build_version.metadata.items()) == {"build.type": build_type()}


def test_version_numbers_are_three() -> None:
    assert ".".join(map(str, version_numbers())) == VERSION
