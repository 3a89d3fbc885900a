import pytest

from .fakes import FakeServer, recorded


def test_lists_envoys_loggers() -> None:
    assert FakeServer().post("/logging") == (200, recorded("logging"))


@pytest.mark.parametrize(
    ("query", "file"), [("level=bad", "logging_bad_level"), ("paths=nope:debug", "logging_bad_name")]
)
def test_refusals_are_envoys(query: str, file: str) -> None:
    assert FakeServer().post(f"/logging?{query}") == (400, recorded(file))


def test_one_level_for_all() -> None:
    server = FakeServer()
    status, body = server.post("/logging?level=trace")
    assert (status, set(server.logs.by_name.values())) == (200, {0})
    assert "  upstream: trace\n" in body


def test_one_component() -> None:
    server = FakeServer()
    assert server.post("/logging?upstream=off")[0] == 200
    assert {name for name, level in server.logs.by_name.items() if level == 6} == {"upstream"}


def test_parameters_left_empty_do_not_count() -> None:
    server = FakeServer()
    assert server.post("/logging?paths=&group=&level=off")[0] == 200
    assert set(server.logs.by_name.values()) == {6}


def test_several_components() -> None:
    server = FakeServer()
    assert server.post("/logging?paths=http:debug,admin:critical")[0] == 200
    assert (server.logs.by_name["http"], server.logs.by_name["admin"], server.logs.by_name["main"]) == (1, 5, 2)


def test_an_empty_value_changes_nothing() -> None:
    for query in ("level=", "paths=", "nope=", "group=", "level", "paths=&group=&level="):
        server = FakeServer()
        assert server.post(f"/logging?{query}") == (200, recorded("logging"))


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("foo=bar", "unknown logger level"),
        ("foo=debug", "unknown logger name"),
        ("http=warn", "unknown logger level"),
        ("paths=http", "empty logger name or empty logger level"),
        ("paths=http:", "empty logger name or empty logger level"),
        ("paths=:info", "empty logger name or empty logger level"),
        ("paths=http:debug,nope:info", "unknown logger name"),
        ("group=x:info", "group parameter requires fine-grain logging to be enabled"),
        ("level=info&paths=http:debug", "invalid number of parameters"),
    ],
)
def test_nothing_changes_when_a_part_is_wrong(query: str, complaint: str) -> None:
    server = FakeServer()
    status, body = server.post(f"/logging?{query}")
    assert (status, body.partition("\n")[0]) == (400, f"error: {complaint}")
    assert set(server.logs.by_name.values()) == {2}
