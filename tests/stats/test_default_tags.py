import re

from portico.stats.default_tags import REGEX_TAGS, TOKEN_TAGS, tag_names


def test_expressions_cut_out_group_one_and_take_the_value_from_group_two() -> None:
    assert [tag for tag, _, pattern, _ in REGEX_TAGS if re.compile(pattern).groups != 2] == []


def test_token_patterns_mark_one_value() -> None:
    assert [pattern for _, pattern in TOKEN_TAGS if pattern.split(".").count("$") != 1] == []


def test_names_are_envoys() -> None:
    assert {"envoy.cluster_name", "envoy.response_code", "envoy.worker_id", "cipher_suite"} <= tag_names()
