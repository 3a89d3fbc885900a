"""`envoy.config.metrics.v3.StatsConfig` to StatsConfig."""

from __future__ import annotations

from typing import Any

import re2

from portico.api.errors import ConfigError, Problems
from portico.stats.default_tags import tag_names
from portico.stats.matcher import ACCEPT_ALL, REJECT_ALL, NamePredicate, StatsMatcher
from portico.stats.stats_config import BucketSetting, StatsConfig
from portico.stats.tags import (
    FixedTag,
    RegexExtractor,
    TagExtractor,
    TagProducer,
    default_extractors,
    literal_start,
)


def stats_config(message: Any, cli_tags: tuple[tuple[str, str], ...] = ()) -> StatsConfig:
    """``message`` is None when the bootstrap has none; ``cli_tags`` are those of --stats-tag.

    Raises ConfigErrors with field paths relative to the message.
    """
    if message is None:
        return StatsConfig(tags=TagProducer(default_extractors() + fixed_tags(cli_tags)))
    problems = Problems()
    config = StatsConfig()
    with problems.at("stats_tags"):
        config.tags = tag_producer(message, cli_tags)
    with problems.at("stats_matcher"):
        config.matcher = stats_matcher(message.stats_matcher)
    for index, setting in enumerate(message.histogram_bucket_settings):
        with problems.at(f"histogram_bucket_settings[{index}].match"):
            bounds = sorted(set(setting.buckets))
            config.bucket_settings.append(BucketSetting(name_predicate(setting.match), bounds))
    problems.raise_if_any()
    return config


def tag_producer(message: Any, cli_tags: tuple[tuple[str, str], ...]) -> TagProducer:
    use_defaults = message.use_all_default_tags.value if message.HasField("use_all_default_tags") else True
    extractors: list[TagExtractor] = default_extractors() if use_defaults else []
    extractors += fixed_tags(cli_tags)
    taken = ({each.tag for each in extractors}) | {name for name, _ in cli_tags}
    for index, specifier in enumerate(message.stats_tags):
        name = specifier.tag_name
        if not name:
            raise ConfigError("", f"[{index}].tag_name", "must not be empty")
        if name in taken:
            raise ConfigError("", f"[{index}].tag_name", f"Tag name '{name}' specified twice.")
        taken.add(name)
        if specifier.WhichOneof("tag_value") == "fixed_value":
            extractors.append(FixedTag(name, specifier.fixed_value))
        elif specifier.regex:
            pattern = compiled(specifier.regex, f"[{index}].regex")
            extractors.append(RegexExtractor(name, literal_start(specifier.regex), pattern))
        elif name in tag_names():
            extractors.extend(each for each in default_extractors() if each.tag == name)
        else:
            raise ConfigError(
                "",
                f"[{index}]",
                f"No regex specified for tag specifier and no default regex for name: '{name}'",
            )
    return TagProducer(extractors)


def fixed_tags(pairs: tuple[tuple[str, str], ...]) -> list[TagExtractor]:
    return [FixedTag(name, value) for name, value in pairs]


def stats_matcher(message: Any) -> StatsMatcher:
    which = message.WhichOneof("stats_matcher")
    if which == "reject_all":
        return REJECT_ALL if message.reject_all else ACCEPT_ALL
    if which is None:
        return ACCEPT_ALL
    patterns = getattr(message, which).patterns
    predicates = [name_predicate(pattern, f"{which}.patterns[{index}]") for index, pattern in enumerate(patterns)]
    return StatsMatcher(predicates, is_inclusion=which == "inclusion_list")


def name_predicate(matcher: Any, field_path: str = "") -> NamePredicate:
    """A StringMatcher over stat names."""
    which = matcher.WhichOneof("match_pattern")
    if which == "safe_regex":
        pattern = compiled(matcher.safe_regex.regex, f"{field_path}.safe_regex.regex".removeprefix("."))
        return lambda name: pattern.fullmatch(name) is not None
    if which not in ("exact", "prefix", "suffix", "contains"):
        raise ConfigError("", field_path, "must set one of exact, prefix, suffix, contains, safe_regex")
    wanted: str = getattr(matcher, which)
    if matcher.ignore_case:
        plain = simple_predicate(which, wanted.lower())
        return lambda name: plain(name.lower())
    return simple_predicate(which, wanted)


def simple_predicate(which: str, wanted: str) -> NamePredicate:
    if which == "exact":
        return lambda name: name == wanted
    if which == "prefix":
        return lambda name: name.startswith(wanted)
    if which == "suffix":
        return lambda name: name.endswith(wanted)
    return lambda name: wanted in name


def compiled(regex: str, field_path: str) -> Any:
    """RE2, as in Envoy: a user's pattern cannot take exponential time."""
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(regex, options=options)
    except re2.error as error:
        raise ConfigError("", field_path, f"invalid regular expression {regex!r}: {error_text(error)}") from None


def error_text(error: Exception) -> str:
    found = error.args[0] if error.args else ""
    return found.decode(errors="replace") if isinstance(found, bytes) else str(found)
