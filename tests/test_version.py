"""The build under test is whole: compiled everywhere setup.py says so, or interpreted everywhere."""

import importlib.util
from pathlib import Path

import pytest

import setup
from portico import __version__, version

ROOT = Path(__file__).resolve().parents[1]


def test_package_bears_its_version() -> None:
    assert __version__ == version.VERSION


def test_newest_version_is_in_the_changelog() -> None:
    assert f"## {version.VERSION}" in (ROOT / "CHANGELOG.md").read_text()


def test_hot_modules_are_all_of_one_build() -> None:
    """A stale or missing .so would mix compiled and interpreted classes, which cannot subclass each other."""
    odd = []
    for path in setup.compiled_modules():
        name = Path(path).relative_to("src").with_suffix("").as_posix().replace("/", ".")
        spec = importlib.util.find_spec(name)
        assert spec is not None, f"{name} is not in this build"
        assert spec.origin is not None
        if spec.origin.endswith(".py") == version.COMPILED:
            odd.append(f"{name}: {spec.origin}")
    assert not odd, f"not {version.build_type()}:\n" + "\n".join(odd)


def test_a_wrong_name_among_the_hot_modules_is_an_error() -> None:
    with pytest.raises(FileNotFoundError, match=r"names what is not there: src/portico/ipc/no_such\.py$"):
        setup.compiled_modules(hot_modules=("ipc/no_such.py",))


def test_a_wrong_name_among_the_excluded_is_an_error() -> None:
    with pytest.raises(FileNotFoundError, match=r"names what is not there: no_such\.py$"):
        setup.compiled_modules(excluded={**setup.EXCLUDED, "no_such.py": "gone"})
