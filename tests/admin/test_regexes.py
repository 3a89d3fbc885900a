import pytest

from portico.admin.regexes import BadRegexError, compile_filter


def test_a_bad_pattern_is_refused_in_the_words_of_re2() -> None:
    with pytest.raises(BadRegexError, match=r"^missing \): \($"):
        compile_filter("(")


def test_what_python_would_take_and_re2_does_not_is_refused() -> None:
    with pytest.raises(BadRegexError):
        compile_filter(r"(a)\1")


def test_searches() -> None:
    assert compile_filter("b+").search("abbc") is not None
