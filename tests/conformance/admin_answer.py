"""What of an admin answer is compared: the head or not, some lines or all, values or only their shape."""

import json
import re
from typing import Any

from .wire import Message, to_text

HISTOGRAM = re.compile(r"(: )(?:P0\(.*|No recorded values)$")  # values wait for a flush, names do not


def answer_lines(answer: Message, step: dict[str, Any]) -> list[str]:
    """The answer as its step wants it: `head`, `body`, `only`, `shape`, `sorted_keys`, `lines`, `mask`, `sort`."""
    shown = chosen_head(answer, step.get("head", []))
    lines = [to_text(line) for line in shown]
    if step.get("body", True) is False:
        return lines
    body = answer.body.decode("utf-8", "backslashreplace")
    if "only" in step or "shape" in step or "sorted_keys" in step:
        body = json_part(body, step)
    body_lines = [HISTOGRAM.sub(r"\1<histogram>", line) for line in body.split("\n")]
    if "lines" in step:
        wanted = re.compile(step["lines"])
        body_lines = [line for line in body_lines if wanted.search(line)]
    for pattern in step.get("mask", []):
        body_lines = [mask(pattern, line) for line in body_lines]
    if step.get("sort"):
        body_lines.sort()
    return lines + [f"  {line}" for line in body_lines]


def chosen_head(answer: Message, wanted: bool | list[str]) -> list[bytes]:
    """The status line, with all headers or those named."""
    if wanted is True:
        return list(answer.head)
    named = [name.encode() for name in wanted or []]
    return [answer.start, *(line for line in answer.head[1:] if line.partition(b":")[0].lower() in named)]


def mask(pattern: str, line: str) -> str:
    """Group 1 of each match becomes `<masked>`; the whole match when the pattern has no group."""

    def hide(found: re.Match[str]) -> str:
        if not found.re.groups:
            return "<masked>"
        start, end = found.start(1) - found.start(), found.end(1) - found.start()
        return found[0][:start] + "<masked>" + found[0][end:]

    return re.sub(pattern, hide, line)


def json_part(body: str, step: dict[str, Any]) -> str:
    """The value at the dotted path `only`, its `shape` alone if asked, printed with its keys in their order."""
    try:
        value = json.loads(body)
        for key in str(step.get("only", "")).split("."):
            if key:
                value = value[int(key)] if isinstance(value, list) else value[key]
    except (ValueError, KeyError, IndexError, TypeError) as error:
        return f"not found ({type(error).__name__}): {body[:300]}"
    if step.get("shape"):
        value = shape(value)
    return json.dumps(value, indent=1, sort_keys=bool(step.get("sorted_keys")))


def shape(value: Any) -> Any:
    """Keys and types: what a program that reads the answer relies on."""
    if isinstance(value, dict):
        return {key: shape(member) for key, member in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__
