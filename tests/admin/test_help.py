from portico.admin.endpoints import ENDPOINTS
from portico.admin.help import listing

from .fakes import FakeServer, recorded


def test_lists_what_envoy_lists() -> None:
    assert FakeServer().get("/help") == recorded("help")


def test_marks_mutations() -> None:
    text = listing(ENDPOINTS)
    assert [each.path for each in ENDPOINTS if each.is_mutation and f"  {each.path} (POST): " not in text] == []
    assert [each.path for each in ENDPOINTS if not each.is_mutation and f"  {each.path}: " not in text] == []
