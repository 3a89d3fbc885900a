from portico.formatter.operator import Constant, truncated
from tests.formatter.entries import Fixed, entry


def test_a_value_is_a_json_string_unless_its_operator_says_otherwise() -> None:
    assert Fixed(b'a"').json(entry()) == b'"a\\""'
    assert Fixed(None).json(entry()) is None


def test_truncates_text_and_its_json() -> None:
    operator = truncated(Fixed(b"abcdef"), 3)
    assert (operator.text(entry()), operator.json(entry())) == (b"abc", b'"abc"')
    assert truncated(Fixed(None), 3).text(entry()) is None
    whole = Fixed(b"abc")
    assert truncated(whole, None) is whole


def test_a_constant_may_be_missing() -> None:
    assert Constant(b"x").text(entry()) == b"x"
    assert Constant(None).json(entry()) is None
