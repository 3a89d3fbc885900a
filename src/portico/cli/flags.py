"""Envoy's command line: every flag of 1.40 under its spelling, those that Envoy dropped, and portico's own."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, Final, NoReturn

EPILOG: Final = """\
examples:
  portico demo                              sample services behind a front proxy, with curl lines to try
  portico -c envoy.yaml                     run an Envoy configuration
  portico -c envoy.yaml --mode validate     check it: every mistake with file, line and column
  portico -c envoy.yaml --concurrency 2 -l debug --component-log-level upstream:trace

signals: SIGTERM and SIGINT end at once, SIGUSR1 reopens log files, SIGHUP does nothing.
exit codes: 0 ended in order or configuration OK; 1 wrong usage, wrong configuration, or an address that is taken.
"""

LOG_LEVELS: Final = ("trace", "debug", "info", "warning", "warn", "error", "critical", "off")
UINT32_MAX: Final = 2**32 - 1


class UsageError(Exception):
    """The command line is not one of ours. The text is all that is printed."""


class Parser(argparse.ArgumentParser):
    """argparse that raises instead of exiting with 2: Envoy's code for wrong usage is 1."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"error: {message}\nFor all flags: portico --help")


class Once(argparse.Action):
    """Store a value; a second one is a mistake that would otherwise go unnoticed. Envoy refuses it too."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        if getattr(namespace, self.dest) != self.default:
            raise argparse.ArgumentError(self, "given twice")
        setattr(namespace, self.dest, values)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Raises UsageError. `--help` prints and exits. What follows `--` is ignored, as Envoy's --ignore_rest says."""
    given = list(arguments)
    if "--" in given:
        given = given[: given.index("--")]
    parser = build_parser()
    parsed, rest = parser.parse_known_args(given)
    parsed.command = rest.pop(0) if rest[:1] == ["demo"] else ""
    if rest:
        raise UsageError(unknown_argument(parser, next((each for each in rest if each.startswith("-")), rest[0])))
    return parsed


def unknown_argument(parser: argparse.ArgumentParser, argument: str) -> str:
    name = argument.partition("=")[0]
    near = get_close_matches(name, parser._option_string_actions, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"error: {argument!r} is not a flag of portico{hint}\nFor all flags: portico --help"


def uint32(text: str) -> int:
    value = int(text)
    if not 0 <= value <= UINT32_MAX:
        raise ValueError(text)
    return value


def octal(text: str) -> int:
    return int(text, 8)


def build_parser() -> Parser:
    parser = Parser(
        prog="portico",
        usage="portico -c FILE [flags]\n       portico demo [flags]",
        description="An Envoy-compatible service proxy. Flags are Envoy's.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    add_configuration_flags(parser.add_argument_group("configuration"))
    add_process_flags(parser.add_argument_group("processes and draining"))
    add_log_flags(parser.add_argument_group("logs and stats"))
    add_restart_flags(parser.add_argument_group("base ids and hot restart (taking over comes later)"))
    add_flags_without_effect(parser.add_argument_group("accepted from Envoy's command line, without effect here"))
    return parser


def value(group: Any, *names: str, text: str, default: Any = None, kind: Any = str) -> None:
    metavar = {uint32: "N", octal: "OCTAL"}.get(kind, "TEXT")
    group.add_argument(*names, action=Once, default=default, type=kind, metavar=metavar, help=text)


def switch(group: Any, *names: str, text: str) -> None:
    group.add_argument(*names, action="store_true", help=text)


def choice(group: Any, *names: str, text: str, default: str, choices: Sequence[str]) -> None:
    group.add_argument(*names, action=Once, default=default, choices=choices, help=text)


def add_configuration_flags(group: Any) -> None:
    value(group, "-c", "--config-path", text="the bootstrap: .yaml, .json, .pb or .pb_text")
    value(group, "--config-yaml", text="a bootstrap as text, merged over --config-path")
    choice(
        group,
        "--mode",
        default="serve",
        choices=("serve", "validate"),
        text="validate: check the configuration, bind nothing, and exit",
    )
    value(group, "--service-cluster", text="overrides node.cluster")
    value(group, "--service-node", text="overrides node.id")
    value(group, "--service-zone", text="overrides node.locality.zone")
    switch(group, "--strict", text="a field portico does not implement is an error, not a warning")
    switch(group, "--allow-unknown-static-fields", text="unknown fields of the bootstrap are a warning, not an error")
    switch(group, "--allow-unknown-fields", text="older spelling of --allow-unknown-static-fields")
    switch(group, "--reject-unknown-dynamic-fields", text="unknown fields from a management server are an error")
    switch(group, "--ignore-unknown-dynamic-fields", text="unknown fields from a management server are not mentioned")
    switch(group, "--skip-deprecated-logs", text="do not warn about deprecated fields")
    value(group, "--admin-address-path", text="write the admin interface's address to this file")
    choice(
        group,
        "--local-address-ip-version",
        default="v4",
        choices=("v4", "v6"),
        text="which of this machine's addresses is its own to others",
    )


def add_process_flags(group: Any) -> None:
    value(group, "--concurrency", kind=uint32, text="worker processes; default: one for each hardware thread")
    switch(group, "--cpuset-threads", text="count the threads this process may use, not all of the machine's")
    value(group, "--drain-time-s", kind=uint32, default=600, text="how long removed listeners drain (600)")
    choice(
        group,
        "--drain-strategy",
        default="gradual",
        choices=("gradual", "immediate"),
        text="when draining, close ever more connections, or each at its next response",
    )
    value(group, "--demo-ports", text="where the demo listens, and its admin interface: 10000,9901")
    switch(group, "--enable-core-dump", text="raise the limit on core dumps as far as allowed")


def add_log_flags(group: Any) -> None:
    choice(group, "-l", "--log-level", default="info", choices=LOG_LEVELS, text="level of all components (info)")
    value(group, "--component-log-level", text="levels by component, e.g. upstream:debug,config:trace")
    value(group, "--log-path", text="write the log to this file instead of standard error")
    value(
        group,
        "--log-format",
        text="layout of a line, as in spdlog; default [%%Y-%%m-%%d %%T.%%e][%%t][%%l][%%n] [%%g:%%#] %%v",
    )
    switch(group, "--log-format-escaped", text="write line breaks and other control characters as escapes")
    value(
        group,
        "--file-flush-interval-msec",
        kind=uint32,
        default=10000,
        text="how often access logs are written (10000)",
    )
    value(group, "--file-flush-min-size-kb", kind=uint32, default=64, text="or when this much has gathered (64)")
    group.add_argument("--stats-tag", action="append", default=[], metavar="TAG:VALUE", help="a tag for every stat")


def add_restart_flags(group: Any) -> None:
    value(group, "--base-id", kind=uint32, default=0, text="tells proxies of one machine apart (0)")
    switch(group, "--use-dynamic-base-id", text="take any base id that is free")
    value(group, "--base-id-path", text="write the base id to this file")
    value(group, "--restart-epoch", kind=uint32, default=0, text="0; above that, portico would have to take over")
    switch(group, "--disable-hot-restart", text="claim no base id")
    switch(group, "--hot-restart-version", text="print which processes could take over from each other, and exit")
    switch(
        group, "--skip-hot-restart-on-no-parent", text="start as usual when epoch > 0 finds nobody to take over from"
    )
    switch(group, "--skip-hot-restart-parent-stats", text="do not take over stats")
    value(
        group, "--parent-shutdown-time-s", kind=uint32, default=900, text="when a parent that was replaced ends (900)"
    )
    value(group, "--socket-path", default=DEFAULT_SOCKET_PATH, text="where base ids are claimed; @ = no file")
    value(group, "--socket-mode", kind=octal, default=0o600, text="permissions of that socket, if it is a file (600)")


# Linux has sockets without a file; elsewhere the name is one.
DEFAULT_SOCKET_PATH: Final = "@portico_domain_socket" if sys.platform == "linux" else "/tmp/portico_domain_socket"  # noqa: S108

# Flag -> why it changes nothing. A warning says so when one is given.
WITHOUT_EFFECT: Final = {
    "--disable-extensions": "all extensions stay available; one that is not named in the configuration is not loaded",
    "--enable-mutex-tracing": "no request waits for a mutex",
    "--enable-fine-grain-logging": "levels are set by component",
    "--log-stacktrace-single-entry": "a stack trace is always one entry",
    "--v2-config-only": "the version is seen from the configuration itself",
    "--bootstrap-version": "the version is seen from the configuration itself",
    "--max-obj-name-len": "names have no limit",
    "--max-stats": "stats have no limit",
}
SWITCHES_WITHOUT_EFFECT: Final = (
    "--enable-mutex-tracing",
    "--enable-fine-grain-logging",
    "--log-stacktrace-single-entry",
    "--v2-config-only",
)


def add_flags_without_effect(group: Any) -> None:
    for name, reason in WITHOUT_EFFECT.items():
        if name in SWITCHES_WITHOUT_EFFECT:
            switch(group, name, text=reason)
        else:
            value(group, name, text=reason)


def given_without_effect(parsed: argparse.Namespace) -> list[str]:
    """The warnings for what was given."""
    values = vars(parsed)
    given = [name for name in WITHOUT_EFFECT if values[name[2:].replace("-", "_")]]
    return [f"{name} has no effect in portico: {WITHOUT_EFFECT[name]}" for name in given]
