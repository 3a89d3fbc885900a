"""HTML without scripts, under a policy that would not run any: names in it come from configuration and traffic."""

from __future__ import annotations

import base64
import hashlib

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #1b1f24 }
h1 { font-size: 1.4rem } h1 small { font-weight: normal; color: #57606a }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #d0d7de }
td form { margin: 0 } label { color: #57606a; font-size: .875rem; margin-right: .8rem }
input, select, button { font: inherit; padding: 0 .3rem } button { cursor: pointer }
pre { overflow-x: auto; font-size: .875rem }
"""

DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

HEADERS = (
    (
        "content-security-policy",
        f"default-src 'none'; style-src 'sha256-{DIGEST}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
)


def head(title: str, extra: str = "") -> str:
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f'<meta name="viewport" content="width=device-width">\n{extra}<style>{STYLE}</style>\n</head>\n<body>\n'
    )


FOOT = "</body>\n</html>\n"
