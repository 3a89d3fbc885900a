from portico.api.connection import CloseType, Connection
from portico.api.stream_info import StreamInfo
from portico.listener.network_chain import ChainOwner, NetworkChain
from portico.testing.fake_connection import FakeConnection
from tests.listener.surroundings import GO_ON, STOP, Diary, Scribe, chain


class Owner(ChainOwner):
    def __init__(self) -> None:
        self.closed = 0
        self.errors: list[str] = []

    def on_chain_closed(self, chain: NetworkChain) -> None:
        self.closed += 1

    def on_filter_exception(self, chain: NetworkChain, error: Exception) -> None:
        self.errors.append(str(error))


class Dialogue:
    """A chain of diaries on a fake connection."""

    def __init__(self, *filters: Diary) -> None:
        self.pages = filters[0].pages
        self.connection = FakeConnection()
        self.owner = Owner()
        self.info = StreamInfo(self.connection.info)
        self.chain = NetworkChain(self.owner, chain(*filters), self.connection, self.info)
        self.connection.handler = self.chain
        self.chain.start()

    def told(self) -> str:
        """What the filters were told since the last question."""
        said = " ".join(self.pages)
        self.pages.clear()
        return said


def test_single_filter_gets_everything() -> None:
    dialogue = Dialogue(Diary([]))
    assert dialogue.told() == "a.new()"
    dialogue.connection.receive(b"one")
    dialogue.connection.receive(b"two", end_stream=True)
    assert dialogue.told() == "a.data(one) a.data(two, end)"


def test_reads_go_top_down_and_stop_where_a_filter_stops() -> None:
    pages: list[str] = []
    first = Diary(pages, "a", GO_ON)
    dialogue = Dialogue(first, Diary(pages, "b"))
    assert dialogue.told() == "a.new() b.new()"
    dialogue.connection.receive(b"x")
    assert dialogue.told() == "a.data(x) b.data(x)"
    first.answers = STOP
    dialogue.connection.receive(b"y")
    assert dialogue.told() == "a.data(y)"


def test_what_a_filter_leaves_is_there_at_the_next_call() -> None:
    only = Diary([], "a", GO_ON)
    dialogue = Dialogue(only)
    dialogue.connection.receive(b"x")
    dialogue.connection.receive(b"y")
    assert dialogue.told() == "a.new() a.data(x) a.data(xy)"


def test_filters_below_one_that_stops_learn_of_the_connection_when_it_goes_on() -> None:
    pages: list[str] = []
    first = Diary(pages, "a", GO_ON)
    first.on_new = STOP
    dialogue = Dialogue(first, Diary(pages, "b"))
    assert dialogue.told() == "a.new()"
    first.callbacks.continue_reading()
    assert dialogue.told() == "b.new()"


def test_continue_reading_brings_what_was_left_and_the_end() -> None:
    pages: list[str] = []

    class Waiting(Diary):
        is_waiting = True

        def on_data(self, data: object, end_stream: bool) -> object:  # type: ignore[override]
            self.write_down("data")
            return STOP if self.is_waiting else GO_ON

    first = Waiting(pages, "a")
    dialogue = Dialogue(first, Diary(pages, "b"))
    dialogue.connection.receive(b"xy", end_stream=True)
    assert dialogue.told() == "a.new() b.new() a.data()"
    first.callbacks.continue_reading()
    assert dialogue.told() == "b.data(xy, end)"


def test_injected_bytes_pass_only_the_filters_below() -> None:
    pages: list[str] = []
    first = Diary(pages, "a", GO_ON)
    dialogue = Dialogue(first, Diary(pages, "b"))
    first.callbacks.inject_read_data(b"made up", False)
    assert dialogue.told() == "a.new() b.new() b.data(made up)"


def test_nothing_is_told_after_a_filter_closed() -> None:
    pages: list[str] = []

    class Closing(Diary):
        def on_data(self, data: object, end_stream: bool) -> object:  # type: ignore[override]
            self.connection.close(CloseType.NO_FLUSH)
            return GO_ON

    dialogue = Dialogue(Closing(pages, "a", GO_ON), Diary(pages, "b"))
    dialogue.connection.receive(b"x")
    assert dialogue.told() == "a.new() b.new() a.event(LOCAL_CLOSE) b.event(LOCAL_CLOSE)"
    assert dialogue.owner.closed == 1


def test_filters_see_the_connection_itself_when_none_of_them_writes() -> None:
    filters = [Diary([], "a", GO_ON), Diary([], "b")]
    dialogue = Dialogue(*filters)
    assert all(each.connection is dialogue.connection for each in filters)


def test_writes_pass_the_last_filter_first() -> None:
    pages: list[str] = []
    first, last = Scribe(pages, "a", GO_ON), Scribe(pages, "c")
    dialogue = Dialogue(first, Diary(pages, "b", GO_ON), last)
    dialogue.told()
    last.connection.write(b"hello ", end_stream=True)
    assert dialogue.told() == "c.write(hello , end) a.write(hello c, end)"
    assert (dialogue.connection.sent, dialogue.connection.sent_end) == (b"hello ca", True)


def test_watermarks_and_the_end_reach_every_filter() -> None:
    pages: list[str] = []
    dialogue = Dialogue(Diary(pages, "a", GO_ON), Diary(pages, "b"))
    dialogue.told()
    dialogue.connection.fill()
    dialogue.connection.empty()
    dialogue.connection.peer_closes()
    assert dialogue.told() == ("a.above() b.above() a.below() b.below() a.event(REMOTE_CLOSE) b.event(REMOTE_CLOSE)")


def test_exception_costs_the_connection_and_is_reported() -> None:
    for method in ("new", "data", "above", "below"):
        broken = Diary([])
        broken.raises = method
        dialogue = Dialogue(broken)
        connection = dialogue.connection
        if connection.is_open():
            connection.receive(b"x")
        if connection.is_open():
            connection.fill()
        if connection.is_open():
            connection.empty()
        assert connection.closed is CloseType.NO_FLUSH, method
        assert dialogue.owner.errors == ["a bug"], method
        assert dialogue.owner.closed == 1, method


def test_exception_at_the_end_spares_the_other_filters() -> None:
    pages: list[str] = []
    broken = Diary(pages, "a", GO_ON)
    broken.raises = "event"
    dialogue = Dialogue(broken, Diary(pages, "b"))
    dialogue.connection.peer_closes()
    assert "b.event(REMOTE_CLOSE)" in dialogue.told()
    assert (dialogue.owner.errors, dialogue.owner.closed) == (["a bug"], 1)


def test_exception_in_a_continuation_costs_the_connection() -> None:
    pages: list[str] = []
    first, broken = Diary(pages, "a", GO_ON), Diary(pages, "b")
    first.on_new = STOP
    broken.raises = "new"
    dialogue = Dialogue(first, broken)
    first.callbacks.continue_reading()
    assert dialogue.connection.closed is CloseType.NO_FLUSH
    assert dialogue.owner.errors == ["a bug"]


def test_closed_chain_keeps_nothing_alive() -> None:
    dialogue = Dialogue(Diary([]))
    dialogue.connection.peer_closes()
    assert dialogue.chain.filters == []
    assert dialogue.connection.handler is not dialogue.chain


def test_repr_names_the_chain_and_the_connection() -> None:
    dialogue = Dialogue(Diary([]))
    assert repr(dialogue.chain) == "NetworkChain('main', FakeConnection(1, open, sent b''))"


def test_callbacks_offer_the_connections_stream_info() -> None:
    only = Diary([])
    dialogue = Dialogue(only)
    assert only.callbacks.stream_info is dialogue.info
    connection: Connection = only.callbacks.connection
    assert connection is dialogue.connection
