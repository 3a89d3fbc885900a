import pytest

from portico.codec.http1.nominated import nominated, without_nominated


@pytest.mark.parametrize(
    ("connection", "names"),
    [
        (b"close", []),
        (b"Keep-Alive, Upgrade, Connection", []),
        (b"close, X-Secret", [b"x-secret"]),
        (b",a,, b,", [b"a", b"b"]),
        (b"a,b,c,d,e,f,g,h,i", [b"a", b"b", b"c", b"d", b"e", b"f", b"g", b"h", b"i"]),
    ],
)
def test_names_are_all_that_say_nothing_about_the_connection(connection: bytes, names: list[bytes]) -> None:
    found = nominated(connection)
    assert found is not None
    assert sorted(found - {b""}) == names


@pytest.mark.parametrize(
    "connection",
    [b"x-forwarded-for", b"close, X-Forwarded-Host", b"x-forwarded-proto", b":path", b"a,b,c,d,e,f,g,h,i,j"],
)
def test_what_would_hide_the_origin_is_refused(connection: bytes) -> None:
    assert nominated(connection) is None


def test_named_fields_go_all_of_them() -> None:
    fields = [(b"a", b"1"), (b"b", b"2"), (b"a", b"3")]
    assert without_nominated(fields, frozenset([b"a"])) == [(b"b", b"2")]


@pytest.mark.parametrize(
    ("te", "kept"), [(b"gzip", []), (b"gzip, Trailers", [(b"te", b"trailers")]), (b"x" * 255, []), (b"x" * 256, None)]
)
def test_of_te_trailers_survives(te: bytes, kept: list[tuple[bytes, bytes]] | None) -> None:
    assert without_nominated([(b"te", te)], frozenset([b"te"])) == kept
