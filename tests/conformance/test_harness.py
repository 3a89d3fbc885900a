"""The harness itself: it must see a difference, and it must not see one where there is none."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from .case import Case, CaseError, all_case_paths, load_case
from .conftest import NO_ENVOY, envoy_is_missing
from .observation import Observation, differences, report, unmet_expectations
from .proxy import ENVOY, Target, envoy_target
from .suite import run_suite
from .verdict import judge
from .wire import to_wire

SAMPLE: dict[str, object] = {"description": "a sample", "expect": [200], "steps": ["/"]}


@pytest.fixture
def envoy() -> Target:
    if envoy_is_missing(ENVOY, os.environ.get("CONFORMANCE_REQUIRED")):
        pytest.skip(NO_ENVOY)
    return envoy_target()


def case_of(document: Mapping[str, object], name: str = "sample/one") -> Case:
    return Case(name, Path("sample.yaml"), dict(document), None)


def observe(case: Case, target: Target) -> Observation:
    return asyncio.run(run_suite([case], target))[case.name]


def test_envoy_equals_itself(envoy: Target) -> None:
    case = case_of(SAMPLE)
    first, second = observe(case, envoy), observe(case, envoy)
    assert first.failure == ""
    assert unmet_expectations(case, first) == []
    assert differences(case, first, second) == []


@pytest.mark.parametrize(
    ("change", "section"),
    [
        ({"hcm": {"server_name": "other"}}, "client"),
        ({"hcm": {"generate_request_id": False}}, "upstream"),
        ({"log_format": "%RESPONSE_CODE%"}, "log"),
    ],
)
def test_a_proxy_that_behaves_otherwise_is_seen(envoy: Target, change: dict[str, object], section: str) -> None:
    case = case_of(SAMPLE)
    right, wrong = observe(case, envoy), observe(case_of(SAMPLE | change), envoy)
    assert differences(case, right, wrong) == [section]
    assert section in report(case, right, wrong)


def test_a_case_for_later_fails_once_it_is_equal() -> None:
    case = case_of(SAMPLE | {"later": "moon landing"})
    seen = Observation({"client": ["main < HTTP/1.1 200 OK"]}, [200])
    other = Observation({"client": ["main < HTTP/1.1 501 Not Implemented"]}, [501])
    assert judge(case, seen, other).problem == ""
    assert judge(case, seen, seen).problem.endswith("later: portico does this already; remove the key")


def test_a_refused_configuration_fails_its_own_case_only(envoy: Target) -> None:
    bad = case_of(SAMPLE | {"hcm": {"codec_type": "NONSENSE"}}, "sample/bad")
    observed = asyncio.run(run_suite([case_of(SAMPLE), bad], envoy))
    assert observed["sample/one"].failure == ""
    assert "NONSENSE" in observed["sample/bad"].failure


def test_a_missing_proxy_is_a_failure() -> None:
    observed = asyncio.run(run_suite([case_of(SAMPLE)], Target("none", ("false",))))
    assert "did not start" in observed["sample/one"].failure


def test_an_oracle_that_changed_its_mind_is_reported() -> None:
    assert unmet_expectations(case_of(SAMPLE), Observation(statuses=[404])) == [
        "expected statuses [200], envoy gave [404]"
    ]
    wanted = case_of(SAMPLE | {"expect": ["NR route_not_found"]})
    assert unmet_expectations(wanted, Observation(sections={"log": ["200 -"]})) != []


def test_an_unknown_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "typo.yaml"
    path.write_text("description: x\nexpect: []\nstep: []\n")
    with pytest.raises(CaseError, match="typo: unknown keys \\['step'\\]"):
        load_case(path)


def test_every_case_file_can_be_read() -> None:
    assert [load_case(path).name for path in all_case_paths()]


def test_the_head_gets_crlf_and_the_body_stays() -> None:
    assert to_wire("GET / HTTP/1.1\nhost: a\n\na\nb\n") == b"GET / HTTP/1.1\r\nhost: a\r\n\r\na\nb"
    assert to_wire("GET / HTTP/1.1\nhost: a\n") == b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"


def test_required_and_missing_is_an_error(tmp_path: Path) -> None:
    assert envoy_is_missing(tmp_path / "none", None)
    with pytest.raises(pytest.UsageError, match="not installed"):
        envoy_is_missing(tmp_path / "none", "1")
