from portico.api.listener_filter import AcceptedSocket, ListenerFilter
from portico.api.network_filter import NetworkStatus
from portico.listener.pending_connection import PendingConnection, PendingOutcome, PendingOwner
from tests.listener.surroundings import GO_ON, STOP, Process, accepted


class Owner(PendingOwner):
    def __init__(self) -> None:
        self.outcomes: list[PendingOutcome] = []
        self.errors: list[str] = []

    def on_settled(self, pending: PendingConnection, outcome: PendingOutcome) -> None:
        self.outcomes.append(outcome)

    def on_filter_exception(self, pending: PendingConnection, error: Exception) -> None:
        self.errors.append(str(error))


class Line(ListenerFilter):
    """Wants a whole line; consumes it when told to."""

    def max_peek_bytes(self) -> int:
        return 16

    def __init__(self, consumes: bool = False) -> None:
        self.consumes = consumes
        self.peeked: list[bytes] = []

    def on_peek(self, socket: AcceptedSocket, peeked: bytes) -> NetworkStatus:
        self.peeked.append(peeked)
        if b"!" in peeked:
            socket.reject("no shouting")
        end = peeked.find(b"\n") + 1
        if not end:
            return STOP
        if self.consumes:
            socket.consumed += end
        return GO_ON


class Dialogue:
    """A connection before its filter chain."""

    def __init__(self, *filters: ListenerFilter, timeout_s: float = 15.0) -> None:
        self.process = Process()
        self.connection, self.transport = accepted(self.process)
        self.owner = Owner()
        self.pending = PendingConnection(self.owner, self.connection, list(filters))
        self.pending.start(self.process.clock, timeout_s)


def test_filters_that_need_no_bytes_decide_at_once() -> None:
    assert Dialogue(ListenerFilter(), ListenerFilter()).owner.outcomes == [PendingOutcome.PASSED]


def test_bytes_are_kept_until_the_filter_has_enough() -> None:
    line = Line()
    dialogue = Dialogue(line)
    dialogue.transport.receive(b"GET")
    assert dialogue.owner.outcomes == []
    dialogue.transport.receive(b" /\nmore")
    assert line.peeked == [b"GET", b"GET /\nmore"]
    assert dialogue.owner.outcomes == [PendingOutcome.PASSED]
    assert dialogue.pending.remaining() == b"GET /\nmore"


def test_what_a_filter_consumed_is_for_nobody_after_it() -> None:
    first, second = Line(consumes=True), Line()
    dialogue = Dialogue(first, second)
    dialogue.transport.receive(b"PROXY\nGET /\n")
    assert second.peeked == [b"GET /\n"]
    assert dialogue.pending.remaining() == b"GET /\n"


def test_rejection_ends_it() -> None:
    dialogue = Dialogue(Line(), Line())
    dialogue.transport.receive(b"stop!")
    assert dialogue.owner.outcomes == [PendingOutcome.REJECTED]


def test_rejection_on_accept_ends_it() -> None:
    class Bouncer(ListenerFilter):
        def on_accept(self, socket: AcceptedSocket) -> NetworkStatus:
            socket.reject("closed")
            return GO_ON

    assert Dialogue(Bouncer()).owner.outcomes == [PendingOutcome.REJECTED]


def test_timeout_ends_it_once() -> None:
    dialogue = Dialogue(Line())
    dialogue.process.clock.advance(14.9)
    assert dialogue.owner.outcomes == []
    dialogue.process.clock.advance(0.2)
    assert dialogue.owner.outcomes == [PendingOutcome.TIMEOUT]
    dialogue.transport.receive(b"late\n")
    assert dialogue.owner.outcomes == [PendingOutcome.TIMEOUT]


def test_timeout_zero_waits_for_ever() -> None:
    assert Dialogue(Line(), timeout_s=0.0).process.clock.deadlines() == []


def test_peer_that_leaves_ends_it() -> None:
    dialogue = Dialogue(Line())
    dialogue.transport.receive(b"half a li")
    dialogue.transport.peer_closes()
    assert dialogue.owner.outcomes == [PendingOutcome.REMOTE_CLOSE]


def test_filter_sees_no_more_than_it_declared() -> None:
    dialogue = Dialogue(Line())
    dialogue.transport.receive(b"x" * 16)
    assert dialogue.transport.is_paused
    dialogue.process.clock.advance(15.0)
    assert not dialogue.transport.is_paused


def test_exception_rejects_and_is_reported() -> None:
    class Broken(ListenerFilter):
        def max_peek_bytes(self) -> int:
            return 1

        def on_peek(self, socket: AcceptedSocket, peeked: bytes) -> NetworkStatus:
            raise ValueError("a bug")

    dialogue = Dialogue(Broken())
    dialogue.transport.receive(b"x")
    assert (dialogue.owner.errors, dialogue.owner.outcomes) == (["a bug"], [PendingOutcome.REJECTED])


def test_withdrawn_connection_has_no_outcome() -> None:
    dialogue = Dialogue(Line())
    dialogue.pending.withdraw()
    dialogue.process.clock.advance(60.0)
    dialogue.transport.receive(b"x\n")
    assert dialogue.owner.outcomes == []


def test_filter_that_waits_without_peeking_stops_the_others() -> None:
    class Waiting(ListenerFilter):
        def on_accept(self, socket: AcceptedSocket) -> NetworkStatus:
            return STOP

    dialogue = Dialogue(Waiting(), Line())
    assert dialogue.owner.outcomes == []
    assert dialogue.transport.is_paused
    assert repr(dialogue.pending) == "PendingConnection(0 of 2, TcpConnection(1, OPEN))"
