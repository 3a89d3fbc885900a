from .fakes import FakeServer, recorded


def test_text_is_envoys() -> None:
    assert FakeServer().get("/listeners") == recorded("listeners")


def test_json_is_envoys() -> None:
    assert FakeServer().get("/listeners?format=json") == recorded("listeners_json")


def test_an_unknown_format_is_text() -> None:
    assert FakeServer().get("/listeners?format=xml") == recorded("listeners")


def test_no_listeners_are_an_empty_document() -> None:
    server = FakeServer()
    server.config.listener_list = []
    assert (server.get("/listeners"), server.get("/listeners?format=json")) == ("", "{}\n")
