from .fakes import FakeServer


def test_the_form_keeps_what_was_asked() -> None:
    server = FakeServer()
    server.stats.store.counter("a").value += 1
    page = server.get("/stats?format=html&filter=a|%22&usedonly&type=Counters&invert_filter")
    assert 'name="filter" value="a|&quot;"' in page
    assert 'name="usedonly" checked' in page
    assert 'name="invert_filter" checked' in page
    assert "<option selected>Counters</option>" in page


def test_names_are_escaped() -> None:
    server = FakeServer()
    server.stats.store.counter("<i>").value += 1
    assert "&lt;i&gt;: 1\n" in server.get("/stats?format=html")


def test_the_active_page_comes_again() -> None:
    server = FakeServer()
    assert 'http-equiv="refresh"' in server.get("/stats?format=active-html")
    assert 'http-equiv="refresh"' not in server.get("/stats?format=html")
