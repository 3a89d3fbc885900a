"""docs/extensions.md is true: one file, one test, one row for each type URL that portico registers.

Adding an extension touches these three and no file of the core.
"""

import ast
import re
from pathlib import Path

import pytest

from portico.api.registry import module_for
from tests.architecture.test_imports import imports
from tests.architecture.test_shape import mirrors_of

ROOT = Path(__file__).resolve().parents[2]
EXTENSIONS = ROOT / "src" / "portico" / "extensions"
TABLE = ROOT / "docs" / "extensions.md"

STATUSES = {"stable", "beta", "alpha"}
POSTURES = {"hardened", "trusted downstream", "trusted upstream", "trusted only", "no data plane"}


def registered_types(path: Path) -> set[str]:
    """The type names that `path` claims: `@REGISTRY.register("envoy...")`, or a constant of the module."""
    tree = ast.parse(path.read_text())
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "register":
            argument = node.args[0]
            name = constants.get(argument.id) if isinstance(argument, ast.Name) else getattr(argument, "value", None)
            assert isinstance(name, str), f"{path}:{node.lineno}: register() takes a literal type name"
            names.add(name)
    return names


REGISTERED = {path: names for path in sorted(EXTENSIONS.rglob("*.py")) if (names := registered_types(path))}


def rows() -> list[list[str]]:
    """The cells of the table, without header and ruler: type URL, file, status, posture, since."""
    lines = [line for line in TABLE.read_text().splitlines() if line.startswith("| `envoy.")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


def file_of(path: Path) -> str:
    return path.relative_to(EXTENSIONS).as_posix()


def test_table_lists_what_is_registered() -> None:
    registered = {(name, file_of(path)) for path, names in REGISTERED.items() for name in names}
    listed = {(row[0], row[1]) for row in rows()}
    missing = [f"no row in docs/extensions.md: | `{name}` | `{file}` |" for name, file in sorted(registered - listed)]
    gone = [f"row of docs/extensions.md without code: {name} in {file}" for name, file in sorted(listed - registered)]
    assert not missing + gone, "\n".join(missing + gone)


def test_rows_are_complete() -> None:
    wrong = []
    for row in rows():
        if len(row) != 5 or row[2] not in STATUSES or row[3] not in POSTURES or not re.fullmatch(r"\d+\.\d+", row[4]):
            wrong.append(f"{row[0]}: five cells: type, file, one of {STATUSES}, one of {POSTURES}, version 'x.y'")
    assert not wrong, "\n".join(wrong)


def test_rows_are_sorted() -> None:
    names = [(row[1], row[0]) for row in rows()]
    assert names == sorted(names)


@pytest.mark.parametrize("path", REGISTERED, ids=file_of)
def test_extension_has_a_test(path: Path) -> None:
    assert any(mirrors_of(path)), f"{file_of(path)}: no test under tests/extensions"


@pytest.mark.parametrize("path", REGISTERED, ids=file_of)
def test_extension_lives_at_the_path_of_its_proto(path: Path) -> None:
    """Otherwise the registry, which imports by type URL, never finds it."""
    module = "portico.extensions." + ".".join(path.relative_to(EXTENSIONS).with_suffix("").parts)
    module = module.removesuffix(".__init__")
    wrong = [name for name in sorted(REGISTERED[path]) if module_for(name) not in (module, None)]
    assert not wrong, f"{module} registers {wrong}"


@pytest.mark.parametrize("path", sorted(EXTENSIONS.rglob("*.py")), ids=file_of)
def test_extension_imports_no_other(path: Path) -> None:
    """Deleting an extension breaks nothing else."""
    others = {
        "portico.extensions." + ".".join(other.relative_to(EXTENSIONS).with_suffix("").parts).removesuffix(".__init__")
        for other in REGISTERED
        if other != path and other.parent not in (path.parent if path.name == "__init__.py" else None, path)
    }
    broken = [
        f"{file_of(path)}:{line}: imports {name}"
        for line, name in imports(ast.parse(path.read_text()))
        if name in others or name.rpartition(".")[0] in others
    ]
    assert not broken, "\n".join(broken)
