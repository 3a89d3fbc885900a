"""One field's validate.rules as a function from its value to what is wrong with it.

Source of semantics: protoc-gen-validate's validate.proto; of texts: its C++ templates.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Any

from google.protobuf.descriptor import FieldDescriptor

Check = Callable[[Any], str | None]

# validate.proto, KnownRegex: what RFC 9110 allows in a header's name and value.
HEADER_NAME = "^:?[0-9a-zA-Z!#$%&'*+-.^_|~\x60]+$"
HEADER_VALUE = "^[^\x00-\x08\n-\x1f\x7f]*$"
HEADER_LENIENT = "^[^\x00\n\r]*$"
HOST_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\Z")
UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!#-;=?-\[\]_a-z~%]+\Z")
URI_REFERENCE = re.compile(r"[!#-;=?-\[\]_a-z~%]*\Z")

NUMBERS = frozenset("float double int32 int64 uint32 uint64 sint32 sint64 fixed32 fixed64 sfixed32 sfixed64".split())
WRAPPERS = frozenset(
    f"google.protobuf.{kind}Value"
    for kind in ("Double", "Float", "Int64", "UInt64", "Int32", "UInt32", "Bool", "String", "Bytes")
)


def compile_rules(field: FieldDescriptor, rules: Any) -> Check | None:
    """None if the rules hold for every value. `field` is the field, or the key or value of a map's entry."""
    kind = rules.WhichOneof("type")
    if kind is None:
        return None
    checks = _CHECKS_OF[kind](field, getattr(rules, kind)) if kind in _CHECKS_OF else []
    if kind in NUMBERS:
        checks = _number_checks(rules.WhichOneof("type"), getattr(rules, kind))
    if not checks:
        return None
    check = checks[0] if len(checks) == 1 else _first_of(checks)
    inner = getattr(rules, kind)
    if "ignore_empty" in inner.DESCRIPTOR.fields_by_name and inner.ignore_empty:
        check = _unless_empty(check)
    if field.message_type is not None and field.message_type.full_name in WRAPPERS:
        return _of_wrapper(check)
    return check


def _first_of(checks: list[Check]) -> Check:
    def check(value: Any) -> str | None:
        for each in checks:
            reason = each(value)
            if reason is not None:
                return reason
        return None

    return check


def _unless_empty(check: Check) -> Check:
    return lambda value: check(value) if value else None


def _of_wrapper(check: Check) -> Check:
    return lambda wrapper: check(wrapper.value)


def _test(fails: Callable[[Any], bool], reason: str) -> Check:
    return lambda value: reason if fails(value) else None


def _bounds(rules: Any, convert: Callable[[Any], Any], text: Callable[[Any], str]) -> list[Check]:
    """lt, lte, gt, gte; a lower bound above the upper one means "outside the range"."""
    upper = "lt" if rules.HasField("lt") else "lte" if rules.HasField("lte") else ""
    lower = "gt" if rules.HasField("gt") else "gte" if rules.HasField("gte") else ""
    if not upper and not lower:
        return []
    high = convert(getattr(rules, upper)) if upper else None
    low = convert(getattr(rules, lower)) if lower else None
    # Written as "not inside", so that NaN, which is in no order, breaks the rule.
    below: Callable[[Any], bool] = (lambda value: value < high) if upper == "lt" else (lambda value: value <= high)
    above: Callable[[Any], bool] = (lambda value: value > low) if lower == "gt" else (lambda value: value >= low)
    if upper and lower:
        left, right = "(" if lower == "gt" else "[", ")" if upper == "lt" else "]"
        interval = f"{left}{text(getattr(rules, lower))}, {text(getattr(rules, upper))}{right}"
        if low > high:  # type: ignore[operator] # both are set here
            return [_test(lambda value: not (below(value) or above(value)), f"value must be outside range {interval}")]
        return [_test(lambda value: not (below(value) and above(value)), f"value must be inside range {interval}")]
    if upper:
        words = "less than" if upper == "lt" else "less than or equal to"
        return [_test(lambda value: not below(value), f"value must be {words} {text(getattr(rules, upper))}")]
    words = "greater than" if lower == "gt" else "greater than or equal to"
    return [_test(lambda value: not above(value), f"value must be {words} {text(getattr(rules, lower))}")]


def _membership(rules: Any, convert: Callable[[Any], Any], text: Callable[[Any], str]) -> list[Check]:
    checks: list[Check] = []
    if "const" in rules.DESCRIPTOR.fields_by_name and rules.HasField("const"):
        wanted = convert(rules.const)
        checks.append(_test(lambda value: value != wanted, f"value must equal {text(rules.const)}"))
    # `in` is a Python keyword.
    allowed = [convert(value) for value in getattr(rules, "in")]
    if allowed:
        listed = " ".join(text(value) for value in getattr(rules, "in"))
        checks.append(_test(lambda value: value not in allowed, f"value must be in list [{listed}]"))
    refused = [convert(value) for value in rules.not_in]
    if refused:
        listed = " ".join(text(value) for value in rules.not_in)
        checks.append(_test(lambda value: value in refused, f"value must not be in list [{listed}]"))
    return checks


def _number_checks(kind: str, rules: Any) -> list[Check]:
    def text(value: Any) -> str:
        return f"{value:g}" if kind in ("float", "double") else str(value)

    def same(value: Any) -> Any:
        return value

    return _membership(rules, same, text) + _bounds(rules, same, text)


def _bool_checks(_: FieldDescriptor, rules: Any) -> list[Check]:
    wanted = rules.const
    text = f"value must equal {str(wanted).lower()}"
    return [_test(lambda value: value is not wanted, text)] if rules.HasField("const") else []


def _enum_checks(field: FieldDescriptor, rules: Any) -> list[Check]:
    def name(number: Any) -> str:
        value = field.enum_type.values_by_number.get(number) if field.enum_type is not None else None
        return value.name if value is not None else str(number)

    checks = _membership(rules, int, name)
    if rules.defined_only and field.enum_type is not None:
        numbers = frozenset(value.number for value in field.enum_type.values)
        checks.append(_test(lambda value: value not in numbers, "value must be one of the defined enum values"))
    return checks


def _string_checks(_: FieldDescriptor, rules: Any) -> list[Check]:
    checks = _membership(rules, str, str) + _length_checks(rules, "", len, "characters")
    checks += _length_checks(rules, "_bytes", lambda value: len(value.encode()), "bytes")
    checks += _affix_checks(rules, str)
    if rules.pattern:
        checks.append(_matching(re.compile(rules.pattern), rules.pattern))
    checks += _format_checks(rules)
    return checks


def _bytes_checks(_: FieldDescriptor, rules: Any) -> list[Check]:
    checks = _membership(rules, bytes, repr) + _length_checks(rules, "", len, "bytes") + _affix_checks(rules, bytes)
    if rules.pattern:
        checks.append(_matching(re.compile(rules.pattern.encode()), rules.pattern))
    sizes = {"ip": (4, 16), "ipv4": (4,), "ipv6": (16,)}.get(rules.WhichOneof("well_known") or "", ())
    if sizes:
        checks.append(_test(lambda value: len(value) not in sizes, "value must be a valid IP address"))
    return checks


def _length_checks(rules: Any, suffix: str, measure: Callable[[Any], int], unit: str) -> list[Check]:
    names = ("len" + suffix, "min" + (suffix or "_len"), "max" + (suffix or "_len"))
    exact, lowest, highest = (
        getattr(rules, name) if name in rules.DESCRIPTOR.fields_by_name and rules.HasField(name) else None
        for name in names
    )
    if exact is not None:
        return [_test(lambda value: measure(value) != exact, f"value length must be {exact} {unit}")]
    if lowest is not None and highest is not None:
        text = f"value length must be between {lowest} and {highest} {unit}, inclusive"
        return [_test(lambda value: not lowest <= measure(value) <= highest, text)]
    if lowest is not None:
        return [_test(lambda value: measure(value) < lowest, f"value length must be at least {lowest} {unit}")]
    if highest is not None:
        return [_test(lambda value: measure(value) > highest, f"value length must be at most {highest} {unit}")]
    return []


def _affix_checks(rules: Any, convert: Callable[[Any], Any]) -> list[Check]:
    checks: list[Check] = []
    if rules.HasField("prefix"):
        prefix = convert(rules.prefix)
        checks.append(_test(lambda value: not value.startswith(prefix), f"value does not have prefix {prefix!r}"))
    if rules.HasField("suffix"):
        suffix = convert(rules.suffix)
        checks.append(_test(lambda value: not value.endswith(suffix), f"value does not have suffix {suffix!r}"))
    if rules.HasField("contains"):
        inside = convert(rules.contains)
        checks.append(_test(lambda value: inside not in value, f"value does not contain substring {inside!r}"))
    if "not_contains" in rules.DESCRIPTOR.fields_by_name and rules.HasField("not_contains"):
        banned = convert(rules.not_contains)
        checks.append(_test(lambda value: banned in value, f"value contains substring {banned!r}"))
    return checks


def _format_checks(rules: Any) -> list[Check]:
    kind = rules.WhichOneof("well_known")
    if kind is None:
        return []
    if kind == "well_known_regex":
        return _header_checks(rules.well_known_regex, rules.strict)
    is_valid, noun = _FORMATS[kind]
    return [_test(lambda value: not is_valid(value), f"value must be a valid {noun}")]


def _header_checks(known: int, strict: bool) -> list[Check]:
    """1 is HTTP_HEADER_NAME, 2 HTTP_HEADER_VALUE."""
    text = HEADER_LENIENT
    if strict:
        text = HEADER_NAME if known == 1 else HEADER_VALUE
    return [_matching(re.compile(text), text)]


def _matching(pattern: re.Pattern[Any], text: str) -> Check:
    """The whole value must match: the generated C++ calls RE2::FullMatch."""
    return _test(lambda value: pattern.fullmatch(value) is None, f"value does not match regex pattern {_quoted(text)}")


def _quoted(text: str) -> str:
    """As Go's %q, which generated the texts."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return '"' + "".join(c if c >= " " and c != "\x7f" else f"\\x{ord(c):02x}" for c in escaped) + '"'


def _is_ip(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def _is_hostname(value: str) -> bool:
    labels = value.removesuffix(".").split(".")
    return 0 < len(value) <= 253 and all(HOST_LABEL.match(label) for label in labels)


def _is_email(value: str) -> bool:
    user, at, host = value.rpartition("@")
    return bool(at) and 0 < len(user) <= 64 and " " not in user and _is_hostname(host)


_FORMATS: dict[str, tuple[Callable[[str], bool], str]] = {
    "email": (_is_email, "email address"),
    "hostname": (_is_hostname, "hostname"),
    "ip": (_is_ip, "IP address"),
    "ipv4": (lambda value: ":" not in value and _is_ip(value), "IPv4 address"),
    "ipv6": (lambda value: ":" in value and _is_ip(value), "IPv6 address"),
    "uri": (lambda value: URI.match(value) is not None, "URI"),
    "uri_ref": (lambda value: URI_REFERENCE.match(value) is not None, "URI"),
    "address": (lambda value: _is_ip(value) or _is_hostname(value), "hostname, or ip address"),
    "uuid": (lambda value: UUID.match(value) is not None, "UUID"),
}


def _any_checks(_: FieldDescriptor, rules: Any) -> list[Check]:
    checks: list[Check] = []
    allowed, refused = list(getattr(rules, "in")), list(rules.not_in)
    if allowed:
        checks.append(_test(lambda v: v.type_url not in allowed, f"type URL must be in list [{' '.join(allowed)}]"))
    if refused:
        checks.append(_test(lambda v: v.type_url in refused, f"type URL must not be in list [{' '.join(refused)}]"))
    return checks


def _nanoseconds(duration: Any) -> int:
    nanoseconds: int = duration.seconds * 1_000_000_000 + duration.nanos
    return nanoseconds


def _duration_text(duration: Any) -> str:
    """As Go prints it, which generated the texts: 0s, 1ms, 1.5s, 5m0s, 1h0m0s."""
    left = _nanoseconds(duration)
    sign, left = ("-", -left) if left < 0 else ("", left)
    if left == 0:
        return "0s"
    for unit, size in (("ns", 1_000), ("\u00b5s", 1_000_000), ("ms", 1_000_000_000)):
        if left < size:
            return f"{sign}{left * 1000 / size:.10g}{unit}"
    minutes, left = divmod(left, 60_000_000_000)
    hours, minutes_left = divmod(minutes, 60)
    text = (f"{hours}h" if hours else "") + (f"{minutes_left}m" if minutes else "")
    return f"{sign}{text}{left / 1_000_000_000:.10g}s"


def _time_checks(_: FieldDescriptor, rules: Any) -> list[Check]:
    """Durations and timestamps; rules relative to the present (lt_now, within) have no use in a configuration."""
    bounds = _bounds(rules, _nanoseconds, _duration_text)
    membership: list[Check] = []
    if "in" in rules.DESCRIPTOR.fields_by_name:
        membership = _membership(rules, _nanoseconds, _duration_text)
    return [lambda value, check=check: check(_nanoseconds(value)) for check in membership + bounds]  # type: ignore[misc]


_CHECKS_OF: dict[str, Callable[[FieldDescriptor, Any], list[Check]]] = {
    "bool": _bool_checks,
    "enum": _enum_checks,
    "string": _string_checks,
    "bytes": _bytes_checks,
    "any": _any_checks,
    "duration": _time_checks,
    "timestamp": _time_checks,
}
