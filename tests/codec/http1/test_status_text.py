from portico.codec.http1.status_text import reason


def test_phrases_are_envoys_own() -> None:
    assert [reason(status) for status in (200, 413, 418, 425, 555, 599)] == [
        "OK",
        "Payload Too Large",
        "Unknown",
        "Too Early",
        "Unknown",
        "Last Unassigned Server Error Code",
    ]
