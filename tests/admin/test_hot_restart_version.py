from .fakes import FakeServer


def test_is_the_version_alone() -> None:
    assert FakeServer().get("/hot_restart_version") == "11.104"
