from portico.api.clock import Timer


class Cancelled(Timer):
    def __init__(self) -> None:
        self.cancels = 0

    def cancel(self) -> None:
        self.cancels += 1


def test_timer_that_knows_no_pause_is_cancelled_instead() -> None:
    timer = Cancelled()
    timer.pause()
    assert timer.cancels == 1
