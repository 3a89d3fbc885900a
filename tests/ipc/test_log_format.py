"""spdlog's flags."""

import os
import re
import threading
from datetime import UTC, datetime

import pytest

from portico.api.log import LogLevel
from portico.ipc.log_format import DEFAULT_PATTERN, LogLine, LogPattern, escape


def line(text: str = "hello") -> LogLine:
    made = LogLine(LogLevel.WARNING, "upstream", "portico/upstream/pool.py", 12, text)
    made.when = datetime(2026, 11, 20, 15, 4, 5, 678901, UTC)
    return made


def test_the_default_is_envoys_layout() -> None:
    thread = threading.get_native_id()
    expected = f"[2026-11-20 15:04:05.678][{thread}][warning][upstream] [portico/upstream/pool.py:12] hello"
    assert LogPattern(DEFAULT_PATTERN).format(line()) == expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("%v", "hello"),
        ("%n/%l/%L", "upstream/warning/W"),
        pytest.param("%P", str(os.getpid()), id="%P"),
        ("%@ %s %g %#", "portico/upstream/pool.py:12 pool.py portico/upstream/pool.py 12"),
        ("%Y-%m-%d %H:%M:%S", "2026-11-20 15:04:05"),
        ("%e %f %F", "678 678901 678901000"),
        ("%D %x %C %T %X %R", "11/20/26 11/20/26 26 15:04:05 15:04:05 15:04"),
        ("%I %p %r", "03 PM 03:04:05 PM"),
        ("%z %E", "+00:00 1795187045"),
        ("%8l|%-8l|%=9l", " warning|warning | warning "),
        ("%3!l", "war"),
        ("100%% %^%v%$", "100% hello"),
        ("%Q", "%Q"),
        ("no flags", "no flags"),
    ],
)
def test_flags(pattern: str, expected: str) -> None:
    assert LogPattern(pattern).format(line()) == expected


def test_underscore_keeps_a_message_on_its_line() -> None:
    assert LogPattern("%_").format(line("a\nb")) == "a\\nb"


def test_escapes_what_is_not_printable() -> None:
    assert escape("a\nb\tc\x1b[1m") == "a\\nb\\tc\\x1b[1m"
    assert escape("plain é") == "plain é"


def test_names_days_and_months() -> None:
    assert re.fullmatch(r"Fri Friday Nov November", LogPattern("%a %A %b %B").format(line()))
