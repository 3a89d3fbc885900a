"""/: every endpoint with its parameters as a form; mutations are buttons that POST."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from portico.admin.exchange import HTML, AdminResponse, Endpoint, Param
from portico.admin.html_page import FOOT, HEADERS, head
from portico.version import VERSION


def page(endpoints: Iterable[Endpoint]) -> AdminResponse:
    rows = "".join(row(each) for each in sorted(endpoints, key=lambda each: each.path) if each.path != "/")
    body = (
        head("portico admin")
        + f"<h1>portico admin <small>{escape(VERSION)}</small></h1>\n"
        + f"<table>\n<tr><th>Command<th>Parameters<th>Description\n{rows}</table>\n"
        + FOOT
    )
    return AdminResponse(200, body.encode(), HTML, headers=HEADERS)


def row(endpoint: Endpoint) -> str:
    # Relative, so that it works behind a path prefix.
    target = escape(endpoint.path.removeprefix("/"), quote=True)
    name = escape(endpoint.path.removeprefix("/"))
    form = f"f-{target.replace('/', '-')}"
    fields = " ".join(field(param, form) for param in endpoint.params)
    if endpoint.is_mutation:
        command = f'<form id="{form}" method="post" action="{target}"><button>{name}</button></form>'
    elif endpoint.params:
        command = f'<form id="{form}" method="get" action="{target}"><button>{name}</button></form>'
    else:
        command = f'<a href="{target}">{name}</a>'
    return f"<tr><td>{command}<td>{fields}<td>{escape(endpoint.help)}\n"


def field(param: Param, form: str) -> str:
    """A parameter with choices is a list. What is left empty is sent empty, and endpoints read that as not given."""
    name = escape(param.name, quote=True)
    title = escape(param.help, quote=True)
    if param.choices:
        choices = dict.fromkeys(["", *param.choices])
        options = "".join(f"<option>{escape(choice)}</option>" for choice in choices)
        return f'<label title="{title}">{name} <select form="{form}" name="{name}">{options}</select></label>'
    if param.name in FLAGS:
        return f'<label title="{title}"><input type="checkbox" form="{form}" name="{name}"> {name}</label>'
    return f'<label title="{title}">{name} <input form="{form}" name="{name}" size="12"></label>'


# Parameters whose presence counts, whatever their value.
FLAGS = frozenset(["usedonly", "text_readouts", "invert_filter", "include_eds", "graceful", "skip_exit", "inboundonly"])
