"""What a failed connect is called."""

import errno

import pytest

from portico.api.address import Address, pipe
from portico.net.connect import failure_detail


@pytest.mark.parametrize(
    ("error", "peer", "detail"),
    [
        (errno.ECONNREFUSED, Address("192.0.2.1", 80), "delayed connect error: Connection refused"),
        (
            errno.ENETUNREACH,
            Address("192.0.2.1", 80),
            "immediate connect error: Network is unreachable|remote_address:192.0.2.1:80",
        ),
        (errno.ENOENT, pipe("/s"), "immediate connect error: No such file or directory|remote_address:/s"),
    ],
)
def test_a_failure_is_told_in_envoys_words(error: int, peer: Address, detail: str) -> None:
    assert failure_detail(OSError(error, ""), peer) == detail


def test_an_error_without_a_number_says_what_it_says() -> None:
    assert failure_detail(OSError("no luck"), Address("192.0.2.1", 80)) == "delayed connect error: no luck"
