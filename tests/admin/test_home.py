import re

from portico.admin.endpoints import ENDPOINTS

from .fakes import FakeServer


def test_every_endpoint_has_its_row() -> None:
    page = FakeServer().get("/")
    missing = [each.path for each in ENDPOINTS if f"{each.path.removeprefix('/')}</" not in page]
    assert missing == []


def test_mutations_are_posted() -> None:
    page = FakeServer().get("/")
    posted = set(re.findall(r'method="post" action="([^"]+)"', page))
    assert posted == {each.path.removeprefix("/") for each in ENDPOINTS if each.is_mutation}


def test_the_page_runs_no_script_and_cannot_be_framed() -> None:
    response = FakeServer().response("/")
    policy = dict(response.headers)["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert isinstance(response.body, bytes)
    assert b"<script" not in response.body
    assert re.search(rb"\son\w+=", response.body) is None


def test_fields_name_the_form_they_belong_to() -> None:
    page = FakeServer().get("/")
    forms = set(re.findall(r'<form id="([^"]+)"', page))
    assert set(re.findall(r' form="([^"]+)"', page)) <= forms
    assert "f-stats-prometheus" in forms


def test_a_list_begins_with_no_choice() -> None:
    page = FakeServer().get("/")
    lists = re.findall(r"<select [^>]*>(.*?)</select>", page)
    assert [
        each for each in lists if not each.startswith("<option></option>") or each.count("<option></option>") > 1
    ] == []
    assert lists
