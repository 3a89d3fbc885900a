from typing import Any

import pytest
from google.protobuf import json_format

from portico.api.errors import ConfigErrors
from portico.config.proto_pool import message_class
from portico.stats.from_proto import stats_config


def message(document: dict[str, Any]) -> Any:
    return json_format.ParseDict(document, message_class("envoy.config.metrics.v3.StatsConfig")())


def test_no_message_means_defaults_and_the_command_lines_tags() -> None:
    config = stats_config(None, (("zone", "a"),))
    assert config.tags.tagged("cluster.c.x").tags == [("zone", "a"), ("envoy.cluster_name", "c")]


def test_tags_by_expression_value_and_name() -> None:
    config = stats_config(
        message(
            {
                "use_all_default_tags": False,
                "stats_tags": [
                    {"tag_name": "mine", "regex": r"(\.mine_(\d))"},
                    {"tag_name": "region", "fixed_value": "eu"},
                    {"tag_name": "envoy.cluster_name"},
                ],
            }
        )
    )
    tagged = config.tags.tagged("cluster.c.mine_4")
    assert (tagged.name, tagged.tags) == (
        "cluster.",
        [("mine", "4"), ("region", "eu"), ("envoy.cluster_name", "c")],
    )
    assert config.tags.tagged("http.h.x").tags == [("region", "eu")]


@pytest.mark.parametrize(
    ("matcher", "rejected"),
    [
        ({"reject_all": True}, ["cluster.a.x", "http.b.x"]),
        ({"reject_all": False}, []),
        ({"exclusion_list": {"patterns": [{"prefix": "cluster."}]}}, ["cluster.a.x"]),
        ({"inclusion_list": {"patterns": [{"prefix": "cluster."}]}}, ["http.b.x"]),
        ({"exclusion_list": {"patterns": [{"suffix": ".X", "ignore_case": True}]}}, ["cluster.a.x", "http.b.x"]),
        ({"exclusion_list": {"patterns": [{"contains": ".b."}, {"exact": "cluster.a"}]}}, ["http.b.x"]),
        ({"exclusion_list": {"patterns": [{"safe_regex": {"regex": "cluster"}}]}}, []),
        ({"exclusion_list": {"patterns": [{"safe_regex": {"regex": "cluster.*"}}]}}, ["cluster.a.x"]),
    ],
)
def test_matchers(matcher: dict[str, Any], rejected: list[str]) -> None:
    config = stats_config(message({"stats_matcher": matcher}))
    assert [name for name in ("cluster.a.x", "http.b.x") if config.matcher.rejects(name)] == rejected


def test_bucket_bounds_are_sorted_and_unique() -> None:
    config = stats_config(
        message({"histogram_bucket_settings": [{"match": {"prefix": "a."}, "buckets": [5, 1, 5, 2.5]}]})
    )
    assert config.buckets("a.ms") == [1, 2.5, 5]


def test_every_complaint_is_reported_with_its_place() -> None:
    document = {
        "stats_tags": [{"tag_name": "envoy.cluster_name", "fixed_value": "x"}],
        "stats_matcher": {"exclusion_list": {"patterns": [{"exact": "a"}, {"safe_regex": {"regex": "("}}]}},
        "histogram_bucket_settings": [{"match": {"safe_regex": {"regex": "["}}, "buckets": [1]}],
    }
    with pytest.raises(ConfigErrors) as caught:
        stats_config(message(document))
    assert [(each.field_path, each.message) for each in caught.value.errors] == [
        ("stats_tags[0].tag_name", "Tag name 'envoy.cluster_name' specified twice."),
        (
            "stats_matcher.exclusion_list.patterns[1].safe_regex.regex",
            "invalid regular expression '(': missing ): (",
        ),
        (
            "histogram_bucket_settings[0].match.safe_regex.regex",
            "invalid regular expression '[': missing ]: [",
        ),
    ]


@pytest.mark.parametrize(
    ("tag", "complaint"),
    [
        ({"tag_name": "nope"}, "No regex specified for tag specifier and no default regex for name: 'nope'"),
        ({"fixed_value": "x"}, "must not be empty"),
    ],
)
def test_tags_without_a_meaning_are_refused(tag: dict[str, str], complaint: str) -> None:
    with pytest.raises(ConfigErrors, match=complaint):
        stats_config(message({"stats_tags": [tag]}))
