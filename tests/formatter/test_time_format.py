import pytest

from portico.api.errors import ConfigError
from portico.formatter.time_format import TimeFormat

WALL = 1795182132.335574

# Measured on Envoy 1.40 at this moment.
RENDERED = {
    "": b"2026-11-20T13:42:12.335Z",
    "%s": b"1795182132",
    "%s.%3f": b"1795182132.335",
    "%f": b"335574000",
    "%1f|%2f|%4f|%9f": b"3|33|3355|335574000",
    "%E3S": b"12.335",
    "%Y/%m/%dT%H:%M:%S%z %s": b"2026/11/20T13:42:12+0000 1795182132",
    "%3f %j %U %c": b"335 324 46 Fri Nov 20 13:42:12 2026",
    "%E4Y %e %k %D %T %Z": b"2026 20 13 11/20/26 13:42:12 UTC",
    "%%s %%3f": b"%1795182132 %335",
    "%%f": b"%335574000",
    "%%": b"%",
    "abc": b"abc",
    "%s%s %L %Ez %Es %E*S %E*f": b"17951821321795182132 %L +00:00 1795182132 12.335574 335574",
    "%E#S %E0S %E15S": b"%E#S 12 12.335574000000000",
    "%-d %_H %^a %5Y": b"20 13 FRI 02026",
}


@pytest.mark.parametrize(("text", "rendered"), RENDERED.items())
def test_renders_as_envoy(text: str, rendered: bytes) -> None:
    assert TimeFormat(text).render(WALL) == rendered


def test_default_is_utc_in_milliseconds_and_local_time_has_its_offset(monkeypatch: pytest.MonkeyPatch) -> None:
    assert TimeFormat("").render(1795182132.0) == b"2026-11-20T13:42:12.000Z"
    assert TimeFormat("%Y%z", is_local=True).render(WALL).startswith(b"2026")
    local = TimeFormat("", is_local=True).render(WALL)
    assert local[10:11] == b"T"
    assert local[-5:-4] in b"+-"


def test_keeps_the_second_and_renews_the_fraction() -> None:
    time_format = TimeFormat("%T.%3f")
    moments = [WALL, WALL + 0.001, WALL + 0.7, WALL - 3600, WALL]
    assert [time_format.render(moment) for moment in moments] == [
        b"13:42:12.335",
        b"13:42:12.336",
        b"13:42:13.035",
        b"12:42:12.335",
        b"13:42:12.335",
    ]


def test_cuts_the_fraction_and_never_rounds_it_up() -> None:
    assert TimeFormat("%S.%3f").render(12.9996) == b"12.999"
    assert TimeFormat("%s %E*S").render(12.0) == b"12 12.0"


@pytest.mark.parametrize("text", ["%n", "a%nb", "%0n", "%_5On", "%^En"])
def test_refuses_formats_that_break_the_line(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^Invalid header configuration\. Format string contains newline\.$"):
        TimeFormat(text)
