from tests.listener.surroundings import Process


def test_listener_drains_when_its_process_does() -> None:
    process = Process()
    config = process.config()
    assert not config.drain.should_close()
    process.context.drain.is_draining = True
    assert config.drain.should_close()


def test_failed_health_check_drains_unless_only_modification_counts() -> None:
    process = Process()
    config = process.config()
    process.context.drain.health_check_failed = True
    assert config.drain.should_close()
    config.drain.only_when_modified = True
    assert not config.drain.should_close()


def test_listener_may_drain_alone() -> None:
    process = Process()
    first, second = process.config(), process.config()
    first.drain.is_draining = True
    assert (first.drain.should_close(), second.drain.should_close()) == (True, False)
