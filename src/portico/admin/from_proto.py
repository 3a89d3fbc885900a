"""`envoy.config.bootstrap.v3.Admin` to AdminSettings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import re2

from portico.api.address import Address, pipe
from portico.api.errors import ConfigError, Problems


@dataclass(frozen=True)
class SocketOption:
    """One setsockopt before bind; the value is an integer or bytes."""

    level: int
    name: int
    value: int | bytes


@dataclass(frozen=True)
class AdminSettings:
    """Where the admin interface listens, and for whom."""

    address: Address
    pipe_mode: int = 0  # permissions of a unix socket; 0 = the process's umask decides
    socket_options: tuple[SocketOption, ...] = ()
    access_logs: tuple[Any, ...] = ()  # envoy.config.accesslog.v3.AccessLog, for the extensions' factories
    access_log_path: str = ""  # deprecated: a file in the default format
    ignore_global_connection_limit: bool = False
    allow_paths: list[Callable[[str], bool]] = field(default_factory=list)

    def exposure_warning(self) -> str | None:
        """What the log must shout when others than this machine can reach the interface."""
        if self.address.is_pipe or self.address.ip in ("127.0.0.1", "::1") or self.address.ip.startswith("127."):
            return None
        return (
            f"admin interface on {self.address.text} can be reached from other machines: whoever reaches it can stop "
            "this process and read its configuration; bind 127.0.0.1, or set admin.allow_paths"
        )


def admin_settings(message: Any) -> AdminSettings | None:
    """None when the bootstrap has no admin address: then there is no admin interface.

    Raises ConfigErrors relative to the message.
    """
    problems = Problems()
    address: Address | None = None
    with problems.at("address"):
        address = admin_address(message.address)
    predicates: list[Callable[[str], bool]] = []
    for index, matcher in enumerate(message.allow_paths):
        with problems.at(f"allow_paths[{index}]"):
            predicates.append(path_predicate(matcher))
    problems.raise_if_any()
    if address is None:
        return None
    return AdminSettings(
        address=address,
        pipe_mode=message.address.pipe.mode if address.is_pipe else 0,
        socket_options=tuple(socket_option(option) for option in message.socket_options),
        access_logs=tuple(message.access_log),
        access_log_path=message.access_log_path,
        ignore_global_connection_limit=message.ignore_global_conn_limit,
        allow_paths=predicates,
    )


def admin_address(message: Any) -> Address | None:
    which = message.WhichOneof("address")
    if which is None:
        return None
    if which == "pipe":
        return pipe(message.pipe.path)
    if which != "socket_address":
        raise ConfigError("", "", f"must be a socket_address or a pipe, got {which}")
    socket_address = message.socket_address
    if socket_address.WhichOneof("port_specifier") == "named_port":
        raise ConfigError("", "socket_address.named_port", "must be port_value: names are not resolved for listeners")
    return Address(socket_address.address, socket_address.port_value)


def socket_option(option: Any) -> SocketOption:
    value = option.buf_value if option.WhichOneof("value") == "buf_value" else option.int_value
    return SocketOption(option.level, option.name, value)


def path_predicate(matcher: Any) -> Callable[[str], bool]:
    """A StringMatcher over paths without their query."""
    which = matcher.WhichOneof("match_pattern")
    if which == "safe_regex":
        options = re2.Options()
        options.log_errors = False
        try:
            pattern = re2.compile(matcher.safe_regex.regex, options=options)
        except re2.error as error:
            found = error.args[0] if error.args else ""
            reason = found.decode(errors="replace") if isinstance(found, bytes) else str(found)
            raise ConfigError("", "safe_regex.regex", f"invalid regular expression: {reason}") from None
        return lambda path: pattern.fullmatch(path) is not None
    if which not in ("exact", "prefix", "suffix", "contains"):
        raise ConfigError("", "", "must set one of exact, prefix, suffix, contains, safe_regex")
    wanted: str = getattr(matcher, which)
    fold: Callable[[str], str] = str.lower if matcher.ignore_case else str
    wanted = fold(wanted)
    tests: dict[str, Callable[[str], bool]] = {
        "exact": lambda path: fold(path) == wanted,
        "prefix": lambda path: fold(path).startswith(wanted),
        "suffix": lambda path: fold(path).endswith(wanted),
        "contains": lambda path: wanted in fold(path),
    }
    return tests[which]
