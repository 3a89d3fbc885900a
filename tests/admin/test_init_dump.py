from .fakes import FakeServer


def test_a_ready_process_waits_for_nothing() -> None:
    assert FakeServer().get("/init_dump") == "{}\n"


def test_shows_what_is_awaited_by_whom() -> None:
    server = FakeServer()
    server.config.unready = {"init manager Server": ["LDS"], "init manager Listener-local-init-manager a": ["RDS r"]}
    assert server.json("/init_dump")["unready_targets_dumps"] == [
        {"name": "init manager Server", "target_names": ["LDS"]},
        {"name": "init manager Listener-local-init-manager a", "target_names": ["RDS r"]},
    ]
