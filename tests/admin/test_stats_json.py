import json

from portico.admin.stats_json import joined, quoted

from .fakes import FakeServer


def test_names_with_quotes_stay_json() -> None:
    server = FakeServer()
    server.stats.store.counter('a"b\\é').value += 1
    server.stats.store.text_readout("t", "line\nbreak")
    assert json.loads(server.get("/stats?format=json")) == {
        "stats": [{"name": "t", "value": "line\nbreak"}, {"name": 'a"b\\é', "value": 1}]
    }


def test_no_member_leaves_no_bracket_open() -> None:
    assert "".join(joined("[", "]", iter(()))) == "]"
    assert "".join(joined("[", "]", iter(["1", "2"]))) == "[1,2]"
    assert quoted("é") == '"é"'
