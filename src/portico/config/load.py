"""From a file, a flag or a server's resource to a message that passed every check, or all that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from portico.api.errors import ConfigError, ConfigErrors
from portico.config.deprecation import DeprecationChecker, runtime_switches
from portico.config.json_mapping import Findings
from portico.config.message_walk import Visit, walk
from portico.config.positions import Place, Positions, locate
from portico.config.rules import RuleChecker
from portico.config.source_text import Format, ReadMessage, read_file, read_text
from portico.config.supported import SupportTable, find_unimplemented
from portico.config.unknown_fields import UnknownFields
from portico.config.unknown_wire_fields import UnknownWireFields
from portico.config.validate import ReferenceChecker
from portico.config.work_in_progress import WorkInProgressChecker

BOOTSTRAP = "envoy.config.bootstrap.v3.Bootstrap"
NO_CONFIG = "At least one of --config-path or --config-yaml or Options::configProto() should be non-empty"
CONFIG_YAML = "--config-yaml"


@dataclass(frozen=True)
class LoadOptions:
    """Envoy's flags that decide what is loaded and how strictly."""

    config_path: str | None = None
    config_yaml: str | None = None
    allow_unknown_static_fields: bool = False
    reject_unknown_dynamic_fields: bool = False
    ignore_unknown_dynamic_fields: bool = False
    strict: bool = False
    service_cluster: str | None = None
    service_node: str | None = None
    service_zone: str | None = None

    def static_unknown_fields(self) -> UnknownFields:
        return UnknownFields.WARN if self.allow_unknown_static_fields else UnknownFields.REJECT

    def dynamic_unknown_fields(self) -> UnknownFields:
        if self.reject_unknown_dynamic_fields:
            return UnknownFields.REJECT
        return UnknownFields.IGNORE if self.ignore_unknown_dynamic_fields else UnknownFields.WARN


class LocatedError(ConfigError):
    """A complaint and the place in a text it is about; None when there is no text."""

    def __init__(self, error: ConfigError, place: Place | None) -> None:
        super().__init__(error.resource, error.field_path, error.message)
        self.original = error
        self.place = place

    def __str__(self) -> str:
        text = super().__str__()
        return f"{self.place}: {text}" if self.place is not None else text


@dataclass(frozen=True)
class ConfigWarning:
    """Something that runs, but perhaps not as its author believes."""

    place: Place | None
    field_path: str
    message: str

    def __str__(self) -> str:
        where = str(self.place) if self.place is not None else ""
        return ": ".join(part for part in (where, self.field_path, self.message) if part)


@dataclass
class LoadCounters:
    """What the stats of the same names start with."""

    static_unknown_fields: int = 0  # server.static_unknown_fields
    dynamic_unknown_fields: int = 0  # server.dynamic_unknown_fields
    unimplemented_fields: int = 0  # portico.unimplemented_fields
    deprecated_fields: int = 0  # runtime.deprecated_feature_use
    work_in_progress: int = 0  # server.wip_protos


@dataclass
class LoadedMessage:
    """A checked message."""

    message: Any
    positions: Positions
    warnings: list[ConfigWarning] = field(default_factory=list)
    counters: LoadCounters = field(default_factory=LoadCounters)


@dataclass
class LoadedBootstrap(LoadedMessage):
    @property
    def bootstrap(self) -> Any:
        return self.message


def load_bootstrap(options: LoadOptions, supported: SupportTable) -> LoadedBootstrap:
    """Raises ConfigErrors whose errors are LocatedErrors, sorted by place."""
    read = _read_bootstrap(options)
    _set_identity(read.message, options)
    checks = _Checks(read, supported, options.strict, options.static_unknown_fields())
    references = ReferenceChecker(read.message)
    checks.run([references.visit] if _cluster_names_are_known(read) else [])
    checks.errors += references.errors
    checks.warn(references.warnings)
    counters = checks.counters(is_static=True)
    checks.raise_if_any()
    return LoadedBootstrap(read.message, checks.positions, checks.warnings, counters)


def parse_resource(
    data: bytes | str,
    full_name: str,
    supported: SupportTable,
    options: LoadOptions,
    *,
    name: str = "",
    text_format: Format = Format.BINARY,
) -> LoadedMessage:
    """A resource from a server (binary) or a file (`name` is its path), under the rules for dynamic resources.

    Raises ConfigErrors as `load_bootstrap` does.
    """
    policy = options.dynamic_unknown_fields()
    try:
        read = read_text(data, name, text_format, full_name, policy)
    except ConfigError as error:
        raise ConfigErrors([LocatedError(error, locate(error, Positions([])))]) from None
    if not name:
        read.documents = []
    return check_read(read, supported, options, policy)


def check_message(message: Any, supported: SupportTable, options: LoadOptions) -> LoadedMessage:
    """The same for a message that is already there: unpacked from a discovery response, or upgraded from v1 or v2."""
    return check_read(ReadMessage.of(message), supported, options, options.dynamic_unknown_fields())


def check_read(
    read: ReadMessage, supported: SupportTable, options: LoadOptions, unknown_fields: UnknownFields
) -> LoadedMessage:
    checks = _Checks(read, supported, options.strict, unknown_fields)
    checks.run([])
    counters = checks.counters(is_static=False)
    checks.raise_if_any()
    return LoadedMessage(read.message, checks.positions, checks.warnings, counters)


def _read_bootstrap(options: LoadOptions) -> ReadMessage:
    policy = options.static_unknown_fields()
    reads: list[ReadMessage] = []
    try:
        if options.config_path:
            reads.append(read_file(options.config_path, BOOTSTRAP, policy))
        if options.config_yaml:
            reads.append(read_text(options.config_yaml, CONFIG_YAML, Format.YAML, BOOTSTRAP, policy))
    except ConfigError as error:
        raise ConfigErrors([LocatedError(error, locate(error, Positions([])))]) from None
    if not reads:
        raise ConfigErrors([LocatedError(ConfigError("", "", NO_CONFIG), None)])
    merged = reads[0]
    for read in reads[1:]:
        merged.merge(read)
    return merged


def _cluster_names_are_known(read: ReadMessage) -> bool:
    """Otherwise every reference to a cluster with a misspelt field would be reported too."""
    lists = ("static_resources", "static_resources.clusters")
    is_list_read = not any(error.field_path in lists for error in read.findings.errors)
    return is_list_read and all(cluster.name for cluster in read.message.static_resources.clusters)


def _set_identity(bootstrap: Any, options: LoadOptions) -> None:
    """The flags win over the file (measured on Envoy 1.40)."""
    if options.service_node:
        bootstrap.node.id = options.service_node
    if options.service_cluster:
        bootstrap.node.cluster = options.service_cluster
    if options.service_zone:
        bootstrap.node.locality.zone = options.service_zone


class _Checks:
    """Runs every check over one message, so that one load reports all there is to report."""

    def __init__(self, read: ReadMessage, supported: SupportTable, strict: bool, unknown_fields: UnknownFields) -> None:
        self.positions = Positions(read.documents)
        self.errors: list[ConfigError] = list(read.findings.errors)
        self.warnings = [ConfigWarning(place, "", text) for place, text in read.oddities]
        self._read = read
        self._supported = supported
        self._strict = strict
        self._unknown_fields = unknown_fields
        self._unknown: list[ConfigError] = []
        self._unimplemented = 0
        self._deprecated = 0
        self._unfinished = 0
        self._wire_fields = UnknownWireFields()

    def run(self, more: Iterable[Any]) -> None:
        message = self._read.message
        is_bootstrap = message.DESCRIPTOR.full_name == BOOTSTRAP
        rules = RuleChecker()
        deprecation = DeprecationChecker(runtime_switches(message) if is_bootstrap else {})
        unfinished = WorkInProgressChecker()
        visitors = [rules.visit, deprecation.visit, unfinished.visit, *more]
        if not self._read.is_from_fields:
            visitors.append(self._wire_fields.visit)

        def visit(each: Visit) -> None:
            for visitor in visitors:
                visitor(each)

        inside_anys = Findings()
        is_complete = walk(message, visit, inside_anys, self._unknown_fields)
        self._unknown = [*self._read.findings.unknown, *inside_anys.unknown, *self._wire_fields.found]
        self.errors += [e for e in rules.errors if not self._follows_from_text(e.field_path, e.is_absence)]
        self.errors += inside_anys.errors + deprecation.errors
        self.warn(deprecation.warnings + unfinished.warnings)
        self._unfinished = len(unfinished.warnings)
        self._deprecated = len(deprecation.warnings)
        if is_complete:
            self._find_unimplemented()

    def _follows_from_text(self, path: str, is_absence: bool) -> bool:
        """What is there now is wrong only because the text there could not be read, which is already reported."""
        for error in self._read.findings.errors:
            broken = error.field_path
            if path == broken or path.startswith((broken + ".", broken + "[")):
                return True
            if is_absence and broken.startswith((path + ".", path + "[")):
                return True
            # The field may have been there under a name that was not understood.
            if is_absence and broken.rpartition(".")[0] in (path, path.rpartition(".")[0]):
                return True
        return False

    def _find_unimplemented(self) -> None:
        found = find_unimplemented(self._read.message, self._supported)
        found = [each for each in found if not self._follows_from_text(each.path, is_absence=True)]
        self._unimplemented = len(found)
        for each in found:
            error = ConfigError("", each.path, each.text)
            if each.is_error or self._strict:
                self.errors.append(error)
            else:
                self.warn([error])

    def warn(self, problems: Iterable[ConfigError]) -> None:
        for problem in problems:
            place = locate(problem, self.positions)
            self.warnings.append(ConfigWarning(place, problem.field_path, problem.message))

    def counters(self, *, is_static: bool) -> LoadCounters:
        """Also says what is to be said of unknown fields."""
        if self._unknown_fields is UnknownFields.REJECT:
            self.errors += self._unknown
        elif self._unknown_fields is UnknownFields.WARN:
            self.warn(self._unknown)
        count = len(self._unknown)
        return LoadCounters(
            static_unknown_fields=count if is_static else 0,
            dynamic_unknown_fields=0 if is_static else count,
            unimplemented_fields=self._unimplemented,
            deprecated_fields=self._deprecated,
            work_in_progress=self._unfinished,
        )

    def raise_if_any(self) -> None:
        self.warnings.sort(key=lambda warning: warning.place or Place(""))
        if self.errors:
            located = [LocatedError(error, locate(error, self.positions)) for error in self.errors]
            raise ConfigErrors([*sorted(located, key=lambda each: each.place or Place(""))])
