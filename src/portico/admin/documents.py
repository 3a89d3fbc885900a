"""JSON as Envoy's protobuf printer writes it: one space a level, `<` and `>` escaped, other text as it is."""

from __future__ import annotations

import json
from typing import Any

from portico.api.address import Address


def render(document: Any) -> str:
    made = json.dumps(document, indent=1, ensure_ascii=False)
    # Only strings can hold these. Source: protobuf's JSON printer, which guards against HTML sniffing.
    return made.replace("<", "\\u003c").replace(">", "\\u003e").replace("\x7f", "\\u007f") + "\n"


def address_document(address: Address) -> dict[str, Any]:
    """envoy.config.core.v3.Address"""
    if address.is_pipe:
        return {"pipe": {"path": address.path}}
    socket: dict[str, Any] = {"address": address.ip}
    if address.port:
        socket["port_value"] = address.port
    return {"socket_address": socket}
