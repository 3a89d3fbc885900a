from .fakes import FakeServer


def test_fields_are_envoys() -> None:
    assert FakeServer().json("/memory") == {
        "allocated": "7480776",
        "heap_size": "12582912",
        "pageheap_unmapped": "0",
        "pageheap_free": "3407872",
        "total_thread_cache": "846560",
        "total_physical_bytes": "15653694",
    }


def test_the_allocators_page_says_that_it_is_another_one() -> None:
    body = FakeServer().get("/memory/tcmalloc")
    assert body.startswith("portico runs on CPython's allocator")
    assert "allocated: 7480776 (7.1 MiB)\n" in body
