"""POST /logging: levels of the application log, all or by component."""

from __future__ import annotations

from portico.admin.exchange import AdminRequest, AdminResponse, Endpoint, Param, QueryParams, text
from portico.admin.state import ServerState
from portico.api.log import LogLevel

LEVELS = {level.name.lower(): int(level) for level in LogLevel}
LEVEL_NAMES = {int(level): level.name.lower() for level in LogLevel}
LISTED = ("trace", "debug", "info", "warning", "error", "critical", "off")

USAGE = (
    "usage: /logging?<name>=<level> (change single level)\n"
    "usage: /logging?paths=name1:level1,name2:level2,... (change multiple levels)\n"
    "usage: /logging?level=<level> (change all levels)\n"
    "usage: /logging?group=<group_name>:<level> (change group of loggers)\n"
    f"levels: {' '.join(LISTED)} \n"
)


class RefusedError(ValueError):
    """The message is Envoy's."""


async def answer(request: AdminRequest, state: ServerState) -> AdminResponse:
    status, complaint = 200, ""
    try:
        changes = requested_levels(request.params, set(state.logs.levels()))
        if changes:
            state.logs.set_levels(changes)
    except RefusedError as error:
        status, complaint = 400, f"error: {error}\n\n{USAGE}"
    listing = "".join(f"  {name}: {LEVEL_NAMES[level]}\n" for name, level in state.logs.levels().items())
    return text(f"{complaint}active loggers:\n{listing}\n", status)


def requested_levels(params: QueryParams, known: set[str]) -> dict[str, int]:
    """Component -> level; empty when nothing is to change."""
    given = [(key, value) for key, value in params.pairs if value]  # the form on the home page sends all three
    if not given:
        return {}
    if len(given) > 1:
        raise RefusedError("invalid number of parameters")
    ((key, value),) = given
    if key == "group":
        raise RefusedError("group parameter requires fine-grain logging to be enabled")
    if key == "level":
        level = level_of(value)
        return dict.fromkeys(known, level)
    if key == "paths":
        changes: dict[str, int] = {}
        for part in value.split(","):
            name, separator, level_text = part.partition(":")
            if not separator or not name or not level_text:
                raise RefusedError("empty logger name or empty logger level")
            changes[known_name(name, known)] = level_of(level_text)
        return changes
    level = level_of(value)
    return {known_name(key, known): level}


def level_of(text_level: str) -> int:
    level = LEVELS.get(text_level)
    if level is None:
        raise RefusedError("unknown logger level")
    return level


def known_name(name: str, known: set[str]) -> str:
    if name not in known:
        raise RefusedError("unknown logger name")
    return name


LOGGING = Endpoint(
    "/logging",
    "query/change logging levels",
    answer,
    is_mutation=True,
    params=(
        Param(
            "paths",
            "Change multiple logging levels by setting to <logger_name1>:<desired_level1>,<logger_name2>:"
            "<desired_level2>. If fine grain logging is enabled, use __FILE__ or a glob experision as the logger name. "
            "For example, source/common*:warning",
        ),
        Param(
            "group",
            "Change given logger group to desired level, set to <logger_group_name>:<desired_level>. "
            "logger_group_name must be a logger name.",
        ),
        Param("level", "desired logging level, this will change all loggers's level", ("", *LISTED)),
    ),
)
