"""Header blocks: ordered multi-maps of lower-case names to opaque bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mypy_extensions import mypyc_attr

_COLON: Final = 58  # ord(":")
_FEW: Final = 4  # names up to which asking for each is quicker than a set operation over all fields


class HeaderBlock:
    """A parsed block that never changes: what a connection keeps of its last message.

    Peers that speak over one connection repeat themselves. A block that came twice begins to remember what is done to
    it, so that the third time is done already. It lives no longer than its connection, as it may hold credentials.
    """

    def __init__(self, fields: list[tuple[bytes, bytes]]) -> None:
        self.fields = fields
        self.first = first_values(fields)
        self.memory: BlockMemory | None = None

    def came_again(self) -> None:
        if self.memory is None:
            self.memory = BlockMemory(self)


class BlockMemory:
    """What became of a repeated block, by what was done to it."""

    def __init__(self, block: HeaderBlock) -> None:
        self.fields = block.fields
        self.first = block.first
        self.wire = b"".join([name + b": " + value + b"\r\n" for name, value in block.fields])
        self._without: dict[frozenset[bytes], HeaderBlock] = {}
        self._has_any: dict[frozenset[bytes], bool] = {}
        self._replaced: dict[tuple[bytes, bytes], HeaderBlock] = {}

    def variants(self) -> tuple[int, int, int]:
        """How many answers of each kind are kept."""
        return len(self._without), len(self._has_any), len(self._replaced)

    def has_any(self, names: frozenset[bytes]) -> bool:
        found = self._has_any.get(names)
        if found is None:
            if len(self._has_any) >= _MAX_VARIANTS:
                self._has_any.clear()
            found = self._has_any[names] = not names.isdisjoint(self.first)
        return found

    def replacing(self, name: bytes, value: bytes) -> HeaderBlock:
        """The block with ``value`` in the place of the first field called ``name``, which must be there."""
        field = (name, value)
        found = self._replaced.get(field)
        if found is None:
            if len(self._replaced) >= _MAX_VARIANTS:
                self._replaced.clear()
            found = self._replaced[field] = HeaderBlock(replace_first(self.fields, field))
            found.came_again()
        return found

    def without(self, names: frozenset[bytes]) -> HeaderBlock:
        """What is left when every field named in ``names``, of which there is one, is gone."""
        found = self._without.get(names)
        if found is None:
            if len(self._without) >= _MAX_VARIANTS:
                self._without.clear()
            found = self._without[names] = HeaderBlock([field for field in self.fields if field[0] not in names])
            found.came_again()
        return found


# The names that rules remove, ask for and overwrite are few and settled with the configuration.
_MAX_VARIANTS: Final = 8


def first_values(fields: list[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Name -> value of its first field."""
    # Not dict(fields): compiled, that takes three times as long as this loop.
    first = {name: value for name, value in fields}
    return first if len(first) == len(fields) else {name: value for name, value in fields[::-1]}


@mypyc_attr(allow_interpreted_subclasses=True)
class HeaderMap:
    """An ordered multi-map. Names are lower case; order and repetition survive from wire to wire.

    What lies behind it is private, so that a block nobody touched can be forwarded as it came.
    """

    original_names: dict[bytes, bytes] | None = None  # lower case -> as the peer wrote it, where casing is preserved

    def __init__(self, fields: list[tuple[bytes, bytes]] | None = None, block: HeaderBlock | None = None) -> None:
        """``fields`` become the map's own, lower-case names throughout; or it starts as a copy of ``block``."""
        if block is not None:
            self._fields: list[tuple[bytes, bytes]] = block.fields.copy()
            self._first: dict[bytes, bytes] = block.first.copy()
            self._block = block.memory  # not None: the fields begin with the block's, unchanged
        else:
            self._fields = fields if fields is not None else []
            self._first = first_values(self._fields)
            self._block = None

    def get(self, name: bytes) -> bytes | None:
        """The first value of ``name``, a pseudo-header included; None when absent."""
        value = self._first.get(name)
        if value is None and len(name) > 0 and name[0] == _COLON:
            return self._pseudo(name)
        return value

    def get_all(self, name: bytes) -> list[bytes]:
        """Every value of ``name`` in order; empty when absent."""
        if name and name[0] == _COLON:
            value = self._pseudo(name)
            return [] if value is None else [value]
        if name not in self._first:
            return []
        return [field[1] for field in self._fields if field[0] == name]

    def joined(self, name: bytes) -> bytes | None:
        """All values of ``name`` joined with a comma, as list-valued fields are read (RFC 9110 §5.3)."""
        values = self.get_all(name)
        return b",".join(values) if values else None

    def has(self, name: bytes) -> bool:
        if name in self._first:
            return True
        return len(name) > 0 and name[0] == _COLON and self._pseudo(name) is not None

    def has_any(self, names: frozenset[bytes]) -> bool:
        """Whether at least one of ``names`` is present: for rules that seldom apply."""
        block = self._block
        if block is None:
            if len(names) > _FEW:
                return not names.isdisjoint(self._first)
            first = self._first
            for name in names:
                if name in first:
                    return True
            return False
        if block.has_any(names):
            return True
        for at in range(len(block.fields), len(self._fields)):
            if self._fields[at][0] in names:
                return True
        return False

    def add(self, name: bytes, value: bytes) -> None:
        """Append a field after all others, whether or not the name is there."""
        self._fields.append((name, value))
        if name not in self._first:
            self._first[name] = value

    def set(self, name: bytes, value: bytes) -> None:
        """Make ``value`` the only one: in the place of the first field of that name, else at the end."""
        old = self._first.get(name)
        if old is None:
            if len(name) > 0 and name[0] == _COLON:
                self._set_pseudo(name, value)
                return
            self._fields.append((name, value))
        elif old != value or len(self._first) != len(self._fields):
            self._replace(name, value)
        self._first[name] = value

    def append(self, name: bytes, value: bytes, separator: bytes = b",") -> None:
        """Join ``value`` to the first field of that name, or add it."""
        old = self._first.get(name)
        self.set(name, value if not old else old + separator + value)

    def remove(self, name: bytes) -> bool:
        """Drop every field of that name; True when there was one."""
        if name not in self._first:
            return False
        self._block = None
        del self._first[name]
        self._fields = [field for field in self._fields if field[0] != name]
        return True

    def remove_any(self, names: frozenset[bytes]) -> None:
        """Drop every field whose name is in ``names``."""
        if not self.has_any(names):
            return
        block = self._block
        if block is not None and len(self._fields) == len(block.fields):
            left = block.without(names)
            self._block = left.memory
            self._fields = left.fields.copy()
            self._first = left.first.copy()
            return
        self._block = None
        for name in names.intersection(self._first):
            del self._first[name]
        self._fields = [field for field in self._fields if field[0] not in names]

    def remove_prefix(self, prefix: bytes) -> None:
        """Drop every field whose name starts with ``prefix``."""
        for name in [name for name in self._first if name.startswith(prefix)]:
            self.remove(name)

    def items(self) -> list[tuple[bytes, bytes]]:
        """Every field in order, without pseudo-headers. The list is the caller's only to read."""
        return self._fields

    def names(self) -> list[bytes]:
        """Every distinct name, in order of first appearance is not promised."""
        return list(self._first)

    def byte_size(self) -> int:
        """Bytes of names and values, as Envoy's ``HeaderMap::byteSize`` counts them."""
        return sum([len(field[0]) + len(field[1]) for field in self._fields])

    def wire(self) -> bytes:
        """The block as HTTP/1 field lines, each ended by CRLF; empty when there is no field."""
        parts: list[bytes] = []
        self.write_to(parts)
        return b"".join(parts)

    def write_to(self, parts: list[bytes]) -> None:
        """Append ``wire`` in pieces, for a caller that joins them with more."""
        fields = self._fields
        at = 0
        block = self._block
        if block is not None:
            parts.append(block.wire)
            at = len(block.fields)
        for place in range(at, len(fields)):
            field = fields[place]
            parts.append(field[0])
            parts.append(b": ")
            parts.append(field[1])
            parts.append(b"\r\n")

    def copy(self) -> HeaderMap:
        return HeaderMap(self._fields[:])

    def __len__(self) -> int:
        return len(self._fields)

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        return iter(self._fields)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, HeaderMap) and self.all_items() == other.all_items()

    def __hash__(self) -> int:
        raise TypeError("a HeaderMap changes and has no hash")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.all_items()!r})"

    def all_items(self) -> list[tuple[bytes, bytes]]:
        """Pseudo-headers first, then the fields, as HTTP/2 orders them (RFC 9113 §8.3)."""
        return self._fields

    def _replace(self, name: bytes, value: bytes) -> None:
        """``name`` is there, perhaps several times."""
        block = self._block
        if block is not None and name in block.first and len(self._first) == len(self._fields):
            changed = block.replacing(name, value)
            self._fields[: len(block.fields)] = changed.fields
            self._block = changed.memory
            return
        self._block = None
        self._fields = replace_first(self._fields, (name, value))

    def _pseudo(self, name: bytes) -> bytes | None:
        return None

    def _set_pseudo(self, name: bytes, value: bytes) -> None:
        raise KeyError(name)


def replace_first(fields: list[tuple[bytes, bytes]], new: tuple[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    """``fields`` with ``new`` where its name stood first, and no other field of that name."""
    replaced: list[tuple[bytes, bytes]] = []
    placed = False
    for field in fields:
        if field[0] != new[0]:
            replaced.append(field)
        elif not placed:
            placed = True
            replaced.append(new)
    return replaced


class RequestHeaders(HeaderMap):
    """A request's block. The pseudo-headers are attributes, for HTTP/1 as for HTTP/2."""

    has_empty_authority: bool = False  # the request named an authority, and it is empty

    def __init__(
        self,
        method: bytes,
        path: bytes,
        authority: bytes,
        fields: list[tuple[bytes, bytes]] | None = None,
        scheme: bytes = b"http",
        block: HeaderBlock | None = None,
    ) -> None:
        super().__init__(fields, block)
        self.method = method
        self.path = path  # origin-form with query; b"" for CONNECT without :path
        self.authority = authority  # b"" = the request named none, or an empty one
        self.scheme = scheme

    def copy(self) -> RequestHeaders:
        copy = RequestHeaders(self.method, self.path, self.authority, self._fields[:], self.scheme)
        copy.has_empty_authority = self.has_empty_authority
        copy.original_names = self.original_names
        return copy

    def all_items(self) -> list[tuple[bytes, bytes]]:
        pseudo = [(b":method", self.method), (b":scheme", self.scheme)]
        if self.authority:
            pseudo.append((b":authority", self.authority))
        if self.path:
            pseudo.append((b":path", self.path))
        return pseudo + self._fields

    def _pseudo(self, name: bytes) -> bytes | None:
        if name == b":path":
            return self.path or None
        if name == b":method":
            return self.method
        if name == b":authority":
            return self.authority or (b"" if self.has_empty_authority else None)
        if name == b":scheme":
            return self.scheme
        return None

    def _set_pseudo(self, name: bytes, value: bytes) -> None:
        if name == b":path":
            self.path = value
        elif name == b":method":
            self.method = value
        elif name == b":authority":
            self.authority = value
        elif name == b":scheme":
            self.scheme = value
        else:
            raise KeyError(name)


class ResponseHeaders(HeaderMap):
    """A response's block; 1xx included."""

    reason: bytes = b""  # the peer's own phrase, where it is forwarded; b"" = the status's usual one

    def __init__(
        self, status: int, fields: list[tuple[bytes, bytes]] | None = None, block: HeaderBlock | None = None
    ) -> None:
        super().__init__(fields, block)
        self.status = status

    def copy(self) -> ResponseHeaders:
        copy = ResponseHeaders(self.status, self._fields[:])
        copy.original_names = self.original_names
        copy.reason = self.reason
        return copy

    def all_items(self) -> list[tuple[bytes, bytes]]:
        return [(b":status", b"%d" % self.status)] + self._fields

    def _pseudo(self, name: bytes) -> bytes | None:
        return b"%d" % self.status if name == b":status" else None

    def _set_pseudo(self, name: bytes, value: bytes) -> None:
        if name != b":status":
            raise KeyError(name)
        self.status = int(value)
