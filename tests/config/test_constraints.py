"""The rules of one message."""

from __future__ import annotations

from typing import Any

from portico.config.constraints import Violation, skipped_fields, violations
from portico.config.descriptor_blob import DescriptorBlob
from portico.config.proto_pool import message_class, pool


def message(full_name: str, **fields: Any) -> Any:
    return message_class(full_name)(**fields)


def test_every_rule_of_every_message_can_be_compiled() -> None:
    """A rule that is not understood would raise here, not in front of a user."""
    count = 0
    blob = DescriptorBlob()
    for name in blob.file_names():
        if not name.startswith(("envoy/", "xds/", "udpa/")):
            continue
        pending = list(pool.FindFileByName(name).message_types_by_name.values())
        for descriptor in pending:
            pending += descriptor.nested_types
            violations(message_class(descriptor.full_name)())
            count += 1
    assert count > 2000


def test_a_required_field_must_be_set() -> None:
    found = violations(message("envoy.config.route.v3.Route", redirect={}))
    assert found == [Violation("match", None, "value is required")]


def test_a_required_oneof_must_be_set() -> None:
    found = violations(message("envoy.config.core.v3.Address"))
    assert found == [Violation("", None, "is required", "address")]


def test_a_required_member_of_a_oneof_may_be_another_member() -> None:
    found = violations(message("envoy.config.core.v3.DataSource", inline_string="x"))
    assert found == []


def test_items_and_their_count_are_judged() -> None:
    found = violations(message("envoy.config.route.v3.VirtualHost", name="v", domains=["a", "b\n"]))
    assert [(v.field, v.item) for v in found] == [("domains", 1)]
    found = violations(message("envoy.config.route.v3.VirtualHost", name="v"))
    assert found == [Violation("domains", None, "value must contain at least 1 item(s)")]


def test_repeated_items_must_differ_where_the_rule_says_so() -> None:
    settings = message("envoy.config.metrics.v3.HistogramBucketSettings", match={"prefix": "a"}, buckets=[1, 2, 1])
    assert violations(settings) == [Violation("buckets", 2, "repeated value must contain unique items")]


def test_keys_of_maps_are_judged() -> None:
    metadata = message("envoy.config.core.v3.Metadata")
    metadata.filter_metadata[""].SetInParent()
    reason = "value length must be at least 1 characters"
    assert violations(metadata) == [Violation("filter_metadata", "", reason)]


def test_size_of_maps_is_judged() -> None:
    bucket = message("envoy.service.rate_limit_quota.v3.BucketId")
    assert violations(bucket) == [Violation("bucket", None, "value must contain at least 1 pair(s)")]


def test_a_skipped_field_is_known() -> None:
    assert skipped_fields(message_class("envoy.config.core.v3.KeyValueAppend").DESCRIPTOR) == {"entry"}
