import dataclasses
import json

from portico.admin.state import ProcessState
from portico.config.proto_pool import message_class

from .fakes import FakeServer, recorded


def node() -> bytes:
    """The node Envoy showed."""
    shown = json.loads(recorded("server_info"))["node"]
    made = message_class("envoy.config.core.v3.Node")(id=shown["id"], cluster=shown["cluster"])
    made.locality.region = shown["locality"]["region"]
    made.locality.zone = shown["locality"]["zone"]
    return bytes(made.SerializeToString())


def test_fields_and_their_order_are_envoys() -> None:
    server = FakeServer()
    server.process.server_details = dataclasses.replace(server.process.server_details, node=node())
    expected = json.loads(recorded("server_info"))
    for of_the_build in ("user_agent_name", "user_agent_build_version"):
        del expected["node"][of_the_build]
    answer = server.json("/server_info")
    answer["node"].pop("user_agent_name")
    assert json.dumps(answer, indent=1) == json.dumps(expected, indent=1)


def test_the_state_is_the_current_one() -> None:
    server = FakeServer()
    server.process.current = ProcessState.INITIALIZING
    assert server.json("/server_info")["state"] == "INITIALIZING"
