"""Runtime values: layered keys that change while portico runs."""

from __future__ import annotations

from mypy_extensions import mypyc_attr


@mypyc_attr(allow_interpreted_subclasses=True)
class Runtime:
    """The merged view of all layers; the last layer that has a key wins."""

    def get(self, key: str) -> str | None:
        """The value's text, None when no layer has it."""
        raise NotImplementedError

    def integer(self, key: str, default: int) -> int:
        raise NotImplementedError

    def number(self, key: str, default: float) -> float:
        raise NotImplementedError

    def boolean(self, key: str, default: bool) -> bool:
        raise NotImplementedError

    def fraction_enabled(self, key: str, numerator: int, denominator: int, random_value: int) -> bool:
        """Whether ``random_value`` falls inside the key's fraction (default ``numerator``/``denominator``).

        A value of the key is a percentage as an integer, or a FractionalPercent.
        """
        raise NotImplementedError
