"""What an unknown name may have meant."""

from __future__ import annotations

from portico.config.nearest import did_you_mean, nearest, nearest_type


def test_close_names_are_offered_best_first() -> None:
    assert nearest("lb_polcy", ["name", "lb_policy", "lb_subset_config"]) == ["lb_policy"]
    assert nearest("ROUTER", ["router", "outer"], limit=2) == ["router", "outer"]
    assert nearest("foo", ["hosts"]) == []


def test_the_hint_is_a_clause_or_nothing() -> None:
    assert did_you_mean("nme", ["name"]) == "; did you mean 'name'?"
    assert did_you_mean("foo", ["hosts"]) == ""


def test_a_type_is_sought_by_its_own_name_first() -> None:
    v3 = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
    types = [v3, "envoy.config.filter.network.http_connection_manager.v2.Other", "a.b.HttpConnection"]
    assert nearest_type("envoy.config.filter.network.http_connection_manager.v2.HttpConnectionManager", types) == v3
    assert nearest_type("x.y.Zzz", types) == ""
