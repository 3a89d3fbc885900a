from portico.config.runtime_layers import LayeredRuntime

from .fakes import FakeServer


def test_shows_entries_and_layers() -> None:
    assert FakeServer().json("/runtime") == {
        "entries": {"a.b": {"final_value": "1", "layer_values": ["1", ""]}},
        "layers": ["base", "admin"],
    }


def test_no_layers() -> None:
    server = FakeServer()
    server.runtime.runtime = LayeredRuntime([])
    assert server.get("/runtime") == '{\n "entries": {},\n "layers": []\n}\n'


def test_modify_sets_and_removes_overrides() -> None:
    server = FakeServer()
    assert server.post("/runtime_modify?a.b=5&new=x") == (200, "OK\n")
    entries = server.json("/runtime")["entries"]
    assert entries["a.b"] == {"final_value": "5", "layer_values": ["1", "5"]}
    assert entries["new"]["final_value"] == "x"
    server.post("/runtime_modify?a.b=&new=")
    assert server.json("/runtime")["entries"] == {"a.b": {"final_value": "1", "layer_values": ["1", ""]}}


def test_modify_without_parameters_explains_itself() -> None:
    status, body = FakeServer().post("/runtime_modify")
    assert (status, body.startswith("usage: /runtime_modify?key1=value1")) == (400, True)


def test_modify_needs_an_admin_layer() -> None:
    server = FakeServer()
    server.runtime.runtime = LayeredRuntime([])
    assert server.post("/runtime_modify?a=b") == (503, "No admin layer specified")
