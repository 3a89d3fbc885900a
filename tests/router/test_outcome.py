import pytest

from portico.api.upstream import PoolFailure, ResetReason
from portico.router.outcome import POOL_FAILURES, RESETS


@pytest.mark.parametrize("failure", PoolFailure)
def test_every_pool_failure_has_an_answer(failure: PoolFailure) -> None:
    outcome = POOL_FAILURES[failure]
    assert outcome.text == failure.value
    assert outcome.status == 503


@pytest.mark.parametrize("reason", ResetReason)
def test_every_reset_has_an_answer(reason: ResetReason) -> None:
    outcome = RESETS[reason]
    assert outcome.text == reason.value
    assert outcome.status == (502 if reason is ResetReason.PROTOCOL_ERROR else 503)


def test_details_name_the_moment_the_reason_and_the_transports_words() -> None:
    outcome = POOL_FAILURES[PoolFailure.REMOTE_CONNECTION_FAILURE]
    assert outcome.details("", False) == "upstream_reset_before_response_started{remote_connection_failure}"
    assert outcome.details("", True) == "upstream_reset_after_response_started{remote_connection_failure}"
    assert outcome.details("why", False) == "upstream_reset_before_response_started{remote_connection_failure|why}"


def test_body_says_whether_it_was_tried_again() -> None:
    outcome = RESETS[ResetReason.CONNECTION_TERMINATION]
    start = b"upstream connect error or disconnect/reset before headers. "
    assert outcome.body(False) == start + b"reset reason: connection termination"
    assert outcome.body(True) == start + b"retried and the latest reset reason: connection termination"
