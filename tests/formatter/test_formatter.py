from portico.formatter.formatter import LiteralFormatter, TextFormatter
from tests.formatter.entries import Fixed, entry


def test_fills_the_places_between_literals() -> None:
    formatter = TextFormatter([Fixed(b"1"), b"-", Fixed(None), b"-", Fixed(b"")], b"?")
    assert formatter.format(entry()) == b"1-?-"


def test_one_line_leaves_nothing_for_the_next() -> None:
    operator = Fixed(b"first")
    formatter = TextFormatter([b"<", operator, b">"], b"-")
    assert formatter.format(entry()) == b"<first>"
    operator.value = None
    assert formatter.format(entry()) == b"<->"


def test_a_literal_is_itself() -> None:
    assert LiteralFormatter(b"x").format(entry()) == b"x"
