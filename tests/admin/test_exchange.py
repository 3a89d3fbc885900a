from portico.admin.exchange import Param, parse_query


def test_a_parameter_without_a_value_is_there() -> None:
    params = parse_query("usedonly&filter=a%2Eb&filter=c&&=")
    assert (params.has("usedonly"), params.get("usedonly")) == (True, "")
    assert params.get("filter") == "a.b"
    assert params.get("absent") is None


def test_the_first_of_a_name_counts() -> None:
    assert parse_query("a=1&a=2&b=3").first_values() == {"a": "1", "b": "3"}


def test_bytes_that_are_no_text_do_not_break_the_query() -> None:
    assert parse_query("a=%ff%").get("a") == "\ufffd%"


def test_choices_are_listed_after_the_help() -> None:
    assert Param("p", "Help", ("a", "b")).description() == "Help; One of (a, b)"
    assert Param("p", "Help").description() == "Help"
