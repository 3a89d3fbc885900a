"""Who may have a base id."""

import socket
from pathlib import Path

import pytest

from portico.main.domain_socket import BaseIdTaken, claim_base_id
from portico.main.options import RestartOptions


def options(tmp_path: Path, **changes: int | bool) -> RestartOptions:
    return RestartOptions(socket_path=str(tmp_path / "domain"), **changes)  # type: ignore[arg-type]


def test_a_base_id_is_one_process_at_a_time(tmp_path: Path) -> None:
    claim = claim_base_id(options(tmp_path, base_id=7))
    with pytest.raises(
        BaseIdTaken, match=r"unable to bind domain socket with base_id=70, id=0, errno=\d+ \(see --base"
    ):
        claim_base_id(options(tmp_path, base_id=7))
    claim.release()
    claim_base_id(options(tmp_path, base_id=7)).release()


def test_other_ids_and_epochs_do_not_meet(tmp_path: Path) -> None:
    claims = [claim_base_id(options(tmp_path, base_id=7, epoch=epoch)) for epoch in (0, 1)]
    claims.append(claim_base_id(options(tmp_path, base_id=8)))
    for claim in claims:
        claim.release()


def test_a_dynamic_id_is_free_and_told(tmp_path: Path) -> None:
    one, other = (claim_base_id(options(tmp_path, use_dynamic_base_id=True)) for _ in range(2))
    assert one.base_id != other.base_id
    one.release()
    other.release()


def test_without_hot_restart_nothing_is_claimed(tmp_path: Path) -> None:
    claims = [claim_base_id(options(tmp_path, base_id=7, is_disabled=True)) for _ in range(2)]
    assert list(tmp_path.iterdir()) == []
    for claim in claims:
        claim.release()


def test_the_socket_file_has_its_mode_and_goes_with_the_claim(tmp_path: Path) -> None:
    claim = claim_base_id(options(tmp_path, base_id=7, socket_mode=0o640))
    (file,) = tmp_path.iterdir()
    assert file.name == "domain_parent_70"
    assert file.stat().st_mode & 0o777 == 0o640
    claim.release()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_a_dead_process_left_is_no_claim(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as dead:
        dead.bind(str(tmp_path / "domain_parent_70"))
    claim_base_id(options(tmp_path, base_id=7)).release()
