"""/stats?format=html: the lines of /stats on a page with its filter; active-html comes again every two seconds."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from portico.admin.html_page import FOOT, HEADERS, head
from portico.admin.stats_request import TYPES, StatsRequest
from portico.admin.stats_text import lines
from portico.stats.merged import MergedStats
from portico.stats.stats_config import StatsConfig

__all__ = ["HEADERS", "pieces"]

RELOAD = '<meta http-equiv="refresh" content="2">\n'


def pieces(request: StatsRequest, stats: MergedStats, config: StatsConfig) -> Iterator[str]:
    yield head("stats", RELOAD if request.format == "active-html" else "")
    yield f'<h1>Stats</h1>\n<p><a href=".">Admin</a></p>\n{form(request)}<pre>\n'
    for line in lines(request, stats, config):
        yield escape(line)
    yield "</pre>\n" + FOOT


def form(request: StatsRequest) -> str:
    pattern = escape(request.pattern.pattern if request.pattern is not None else "", quote=True)
    options = "".join(f"<option{' selected' if kind == request.type else ''}>{kind}</option>" for kind in TYPES)
    used = " checked" if request.used_only else ""
    inverted = " checked" if request.is_inverted else ""
    return (
        f'<form action="stats">\n<input type="hidden" name="format" value="{request.format}">\n'
        f'<label>filter <input name="filter" value="{pattern}"></label>\n'
        f'<label><input type="checkbox" name="invert_filter"{inverted}> inverted</label>\n'
        f'<label><input type="checkbox" name="usedonly"{used}> used only</label>\n'
        f'<label>type <select name="type">{options}</select></label>\n<button>Show</button>\n</form>\n'
    )
