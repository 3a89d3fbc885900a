import pytest

from portico.api.errors import ConfigError
from portico.formatter.parser import Command, parse


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", []),
        ("plain", ["plain"]),
        ("100%%", ["100%"]),
        ("%%", ["%"]),
        ("a%%b%PROTOCOL%", ["a%b", Command("PROTOCOL")]),
        ("%PROTOCOL%%RESPONSE_CODE%", [Command("PROTOCOL"), Command("RESPONSE_CODE")]),
        ("%REQ(X?Y):10% ", [Command("REQ", "X?Y", 10), " "]),
        ("%PATH():5%", [Command("PATH", "", 5)]),
        ("%PATH:5%", [Command("PATH", "", 5)]),
        # The parameters end at the first parenthesis that lets the command end.
        ("%START_TIME(a)b)%", [Command("START_TIME", "a)b")]),
        ("%REQ(:PATH):5)%", [Command("REQ", ":PATH):5")]),
        ("%START_TIME(%s.%3f)%|%START_TIME(%Y)%", [Command("START_TIME", "%s.%3f"), "|", Command("START_TIME", "%Y")]),
        ("\n%REQ(é)%", ["\n", Command("REQ", "é")]),
    ],
)
def test_cuts_a_format_into_literals_and_commands(text: str, pieces: list[str | Command]) -> None:
    assert parse(text) == pieces


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("%", 0),
        ("100%", 3),
        ("%%%", 2),
        ("%REQ", 0),
        ("%REQ(a)", 0),
        ("%REQ(a):x%", 0),
        ("%REQ(a):-1%", 0),
        ("%REQ(a):%", 0),
        ("%REQ(a):99999999999999999999%", 0),
        ("%req(a)%", 0),
        ("%PROTOCOL %", 0),
        ("%REQ(a\n)%", 0),
        ("%RESP(a)%x%y", 10),
    ],
)
def test_says_where_a_format_stops_making_sense(text: str, position: int) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    assert (
        caught.value.message == f"Incorrect configuration: {text}. Couldn't find valid command at position {position}"
    )


def test_commands_check_their_arguments() -> None:
    with pytest.raises(ConfigError, match=r"^REQ requires parameters$"):
        Command("REQ").require_parameters()
    with pytest.raises(ConfigError, match=r"^PROTOCOL does not take any parameters or length$"):
        Command("PROTOCOL", "", 3).forbid_arguments()
    with pytest.raises(ConfigError, match=r"^START_TIME does not allow length to be specified\.$"):
        Command("START_TIME", "%Y", 3).forbid_length()
    Command("REQ", "a", 1).require_parameters()
    Command("PROTOCOL").forbid_arguments()
    Command("START_TIME", "%Y").forbid_length()
