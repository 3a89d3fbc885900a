from portico.admin.documents import address_document, render
from portico.api.address import Address, pipe


def test_json_is_indented_by_one_and_guarded_against_html() -> None:
    assert render({"a": [], "b": {"c": "<é>\x7f"}}) == '{\n "a": [],\n "b": {\n  "c": "\\u003cé\\u003e\\u007f"\n }\n}\n'


def test_addresses_are_sockets_or_pipes() -> None:
    assert address_document(Address("::1", 80)) == {"socket_address": {"address": "::1", "port_value": 80}}
    assert address_document(Address("::1", 0)) == {"socket_address": {"address": "::1"}}
    assert address_document(pipe("@abstract")) == {"pipe": {"path": "@abstract"}}
