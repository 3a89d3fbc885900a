import pytest

from portico.admin.admin import Admin, normalized
from portico.admin.exchange import AdminRequest

from .fakes import FakeServer, recorded, text_of


def test_an_unknown_path_is_answered_with_the_list_of_commands() -> None:
    response = FakeServer().response("/nosuch")
    assert (response.status, text_of(response)) == (404, recorded("not_found"))


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
@pytest.mark.parametrize("path", ["/quitquitquit", "/logging", "/drain_listeners", "/healthcheck/fail"])
def test_mutations_need_post(method: str, path: str) -> None:
    server = FakeServer()
    response = server.response(path, method)
    assert (response.status, text_of(response)) == (405, f"Method {method} not allowed, POST required.")
    assert server.process.done == []


def test_what_changes_nothing_answers_any_method() -> None:
    assert FakeServer().response("/ready", "PUT").status == 200


def test_only_allowed_paths_are_answered() -> None:
    server = FakeServer()
    server.admin = Admin(server.state, [lambda path: path.startswith("/stats"), lambda path: path == "/ready"])
    assert server.response("/ready?x").status == 200
    assert server.response("/stats?filter=x").status == 200
    for path in ("/help", "/nosuch", "/quitquitquit"):
        response = server.response(path, "POST")
        assert (response.status, text_of(response)) == (403, f"request to path {path} not allowed")


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("/ready", "/ready"),
        ("//ready", "/ready"),
        ("/%72eady", "/ready"),
        ("/stats/../ready", "/ready"),
        ("/../../ready", "/ready"),
        ("/./stats//prometheus", "/stats/prometheus"),
        ("/", "/"),
        ("*", "/"),
    ],
)
def test_paths_are_normalized_before_they_are_looked_up(path: str, meant: str) -> None:
    assert normalized(path) == meant


def test_normalizing_cannot_get_around_the_allowed_paths() -> None:
    server = FakeServer()
    server.admin = Admin(server.state, [lambda path: path.startswith("/stats")])
    for path in ("/stats/../quitquitquit", "/stats/%2e%2e/quitquitquit", "/stats%2f..%2fquitquitquit"):
        assert server.response(path, "POST").status == 403
    assert server.process.done == []


def test_a_request_without_parameters_has_none() -> None:
    assert len(AdminRequest("GET", "/ready").params) == 0
