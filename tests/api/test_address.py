import pytest

from portico.api.address import NO_ADDRESS, Address, pipe


@pytest.mark.parametrize(
    ("address", "text", "is_pipe"),
    [
        (Address("1.2.3.4", 80), "1.2.3.4:80", False),
        (Address("::1", 80), "[::1]:80", False),
        (pipe("/run/app.sock"), "/run/app.sock", True),
        (pipe("@app"), "@app", True),
    ],
)
def test_prints_as_logs_and_admin_do(address: Address, text: str, is_pipe: bool) -> None:
    assert (address.text, address.wire, address.is_pipe) == (text, text.encode(), is_pipe)
    assert repr(address) == f"Address({text})"


def test_equal_places_are_one_place() -> None:
    assert Address("1.2.3.4", 80) == Address("1.2.3.4", 80)
    assert len({Address("1.2.3.4", 80), Address("1.2.3.4", 80), Address("1.2.3.4", 81)}) == 2
    assert Address("1.2.3.4", 80) != "1.2.3.4:80"
    assert Address("1.2.3.4", 80) != NO_ADDRESS
