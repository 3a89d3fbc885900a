"""Filter configurations over levels."""

from portico.api.inline_headers import REQUEST, RESPONSE
from portico.router.level import FilterConfigChain, FilterConfigs, Level


def configs(configured: dict[str, object], disabled: dict[str, bool] | None = None) -> FilterConfigs:
    made = FilterConfigs()
    made.configs = dict(configured)
    made.disabled = disabled or {}
    return made


def test_levels_go_from_least_to_most_specific() -> None:
    chain = FilterConfigChain([configs({"f": "table", "g": "only"}), configs({}), configs({"f": "route"})])
    assert chain.all_of("f") == ["table", "route"]
    assert (chain.most_specific("f"), chain.most_specific("g"), chain.most_specific("h")) == ("route", "only", None)
    assert len(chain.levels) == 2


def test_most_specific_opinion_counts() -> None:
    chain = FilterConfigChain([configs({}, {"f": True, "g": True}), configs({}, {"f": False}), configs({})])
    assert [chain.is_disabled(name) for name in ("f", "g", "h")] == [False, True, None]


def test_a_new_level_says_nothing() -> None:
    level = Level()
    assert level.filter_configs.is_empty()
    assert level.request_mutations.is_empty()
    assert level.response_mutations.is_empty()
    assert level.request_mutations.inline is REQUEST
    assert level.response_mutations.inline is RESPONSE
