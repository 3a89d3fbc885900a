"""How the tree is shaped: sizes, names, package docstrings, and a test for every source file.

A source file a/b/c.py is tested by one of
    tests/a/b/test_c.py   tests/a/b/test_c_<topic>.py   tests/a/b/c/test_<topic>.py
    tests/a/test_b_c.py   tests/a/test_b.py (a small package tested as one)
and every test file in a mirrored folder tests a source file. Files of mere declarations need none.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src" / "portico"
TESTS = ROOT / "tests"

MAX_FILE_LINES = 600
MAX_FUNCTION_LINES = 80
MAX_DOCSTRING_LINES = 12
EMPTY_WORDS = {"util", "utils", "helper", "helpers", "common", "base", "misc"}
ACROSS_PACKAGES = {"architecture", "integration", "conformance", "golden", "fuzz"}  # folders that mirror nothing

SOURCES = sorted(SRC.rglob("*.py"))
EVERY_FILE = SOURCES + sorted(path for folder in ("tests", "tools", "bench") for path in (ROOT / folder).rglob("*.py"))


def from_root(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", EVERY_FILE, ids=from_root)
def test_is_of_readable_size(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= MAX_FILE_LINES, f"{from_root(path)}: over {MAX_FILE_LINES} lines; find the noun it hides"
    long = [
        f"{from_root(path)}:{node.lineno}: {node.name}() has {lines} lines, at most {MAX_FUNCTION_LINES}"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > MAX_FUNCTION_LINES
    ]
    assert not long, "\n".join(long)


@pytest.mark.parametrize("path", SOURCES, ids=from_root)
def test_says_what_it_is(path: Path) -> None:
    """Every module opens with a docstring, under a name that says something."""
    docstring = ast.get_docstring(ast.parse(path.read_text()))
    assert docstring, f"{from_root(path)}: no docstring"
    assert not EMPTY_WORDS & set(path.stem.split("_")), f"{from_root(path)}: the name says nothing"


def test_packages_tell_the_architecture() -> None:
    """Each package's docstring: what it is, In, Out, Next, Never; at most 12 lines."""
    wrong = []
    for folder in sorted({path.parent for path in SOURCES}):
        init = folder / "__init__.py"
        docstring = (ast.get_docstring(ast.parse(init.read_text())) or "") if init.exists() else ""
        if not docstring or len(docstring.splitlines()) > MAX_DOCSTRING_LINES:
            wrong.append(f"{from_root(init)}: needs a docstring of 1 to {MAX_DOCSTRING_LINES} lines")
        if folder.parent == SRC:
            missing = [word for word in ("In: ", "Out: ", "Next: ", "Never: ") if word not in docstring]
            wrong.extend(f"{from_root(init)}: no {word!r} line" for word in missing)
    assert not wrong, "\n".join(wrong)


def test_every_source_has_its_test() -> None:
    missing = [
        f"{from_root(path)} has no test; expected tests/{mirror_of(path)}"
        for path in SOURCES
        if has_behaviour(ast.parse(path.read_text())) and not any(mirrors_of(path))
    ]
    assert not missing, "\n".join(missing)


def test_every_test_has_its_source() -> None:
    mirrored = {test for path in SOURCES for test in mirrors_of(path)}
    strays = [
        from_root(test)
        for test in sorted(TESTS.rglob("test_*.py"))
        if test.relative_to(TESTS).parts[0] not in ACROSS_PACKAGES and test not in mirrored
    ]
    assert not strays, "tests of no source file:\n" + "\n".join(strays)


def mirror_of(source: Path) -> str:
    return source.relative_to(SRC).with_name(f"test_{source.name}").as_posix()


def mirrors_of(source: Path) -> Iterator[Path]:
    relative = source.relative_to(SRC).with_suffix("")
    parts = relative.parts[:-1] if relative.name == "__init__" else relative.parts
    if not parts:
        return
    *folders, name = parts
    own = TESTS.joinpath(*folders)
    patterns = [(own, f"test_{name}.py"), (own, f"test_{name}_*.py"), (own / name, "test_*.py")]
    if folders:
        above = TESTS.joinpath(*folders[:-1])
        patterns += [(above, f"test_{folders[-1]}_{name}.py"), (above, f"test_{folders[-1]}.py")]
    for folder, pattern in patterns:
        yield from folder.glob(pattern)


def has_behaviour(tree: ast.Module) -> bool:
    """Whether any function does more than hold, name or refuse: interfaces, enums and records have nothing to test."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return any(not is_declaration(statement) for function in functions for statement in function.body)


def is_declaration(statement: ast.stmt) -> bool:
    plain = (ast.Constant, ast.Name, ast.Attribute)
    match statement:
        case ast.Pass() | ast.Expr(value=ast.Constant()) | ast.Raise():
            return True
        case ast.Return(value=value) | ast.Assign(value=value) | ast.AnnAssign(value=value):
            return value is None or isinstance(value, plain) or is_empty_container(value)
    return False


def is_empty_container(value: ast.expr) -> bool:
    return isinstance(value, ast.List | ast.Dict | ast.Tuple) and not list(ast.iter_child_nodes(value))[1:]
