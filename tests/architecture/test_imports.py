"""Who may import whom. A failure quotes the rule that was broken; there is no list of exemptions.

Packages import only packages on lower lines; packages on the same line are strangers.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SRC = Path(__file__).resolve().parents[2] / "src" / "portico"

LINES = """
__main__
cli testing
main worker controlplane
xds health admin
ipc
extensions
listener
http
router
upstream
net access_log
codec formatter matching stats
config
api
version
"""
RANK = {package: rank for rank, line in enumerate(LINES.split("\n")) for package in line.split()}

LOOP = "net ipc xds health admin main worker controlplane cli testing"
# imported root -> (who may, the rule to quote)
EXTERNAL: dict[str, tuple[str, str]] = {
    **dict.fromkeys(
        ("asyncio", "socket", "uvloop", "selectors"),
        (LOOP, f"`asyncio uvloop socket`: {LOOP}; everything else is sans-io"),
    ),
    "ssl": (f"{LOOP} extensions/transport_sockets/tls", "`ssl`: the loop packages and transport_sockets/tls"),
    "google.protobuf": (
        "config */from_proto.py extensions ipc xds controlplane health admin main",
        "protobuf messages: config, `*/from_proto.py`, extension factories, ipc xds controlplane health admin main",
    ),
    "grpc": ("xds controlplane", "`grpc`: xds, controlplane"),
    **dict.fromkeys(
        ("time", "random"),
        ("net/timers.py worker", "`time`, `random`: net/timers.py, worker; others take a Clock or Random"),
    ),
}
ONLY_API = {"formatter", "matching", "stats"}
CONTROLPLANE_MAY = ("portico.config.resource_types", "portico.api.errors", "portico.controlplane")

FILES = sorted(SRC.rglob("*.py"))


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of every import; `from a import b` gives a.b, since b may be a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports are absolute"
            for alias in node.names:
                yield node.lineno, f"{node.module}.{alias.name}"


def package_of(path: Path) -> str:
    first = path.relative_to(SRC).parts[0]
    return first.removesuffix(".py")


def is_allowed(path: Path, who: str) -> bool:
    key = path.relative_to(SRC).as_posix()
    for pattern in who.split():
        if pattern.startswith("*/"):
            if path.name == pattern[2:]:
                return True
        elif key.removesuffix(".py") == pattern or key == pattern or key.startswith(pattern + "/"):
            return True
    return package_of(path) in who.split()


def broken_rule(path: Path, name: str) -> str | None:
    """The rule that importing `name` from `path` breaks."""
    mine = package_of(path)
    for root, (who, rule) in EXTERNAL.items():
        if (name == root or name.startswith(root + ".")) and not is_allowed(path, who):
            return rule
    if "_pb2" in name and not is_allowed(path, EXTERNAL["google.protobuf"][0]):
        return EXTERNAL["google.protobuf"][1]
    if not name.startswith("portico."):
        return None
    theirs = name.split(".")[1]
    if mine in (theirs, "__init__") or theirs == "version":
        return None
    if theirs not in RANK or mine not in RANK:
        return f"package {theirs if theirs not in RANK else mine!r} is on no line of:{LINES}"
    if mine == "controlplane" and not name.startswith(CONTROLPLANE_MAY):
        return "controlplane imports config.resource_types and api.errors, nothing else"
    if mine in ONLY_API and theirs != "api":
        return f"{mine} imports api only"
    if theirs in ("xds", "health", "admin") and mine != "main":
        return f"{theirs} is imported by main only"
    if RANK[theirs] <= RANK[mine]:
        return f"packages import only lower lines; {mine} and {theirs} stand at:{LINES}"
    return None


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(SRC).as_posix())
def test_imports_only_downwards(path: Path) -> None:
    tree = ast.parse(path.read_text(), str(path))
    broken = [
        f"{path.relative_to(SRC)}:{line}: imports {name}: {rule}"
        for line, name in imports(tree)
        if (rule := broken_rule(path, name))
    ]
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(SRC).as_posix())
def test_imports_at_the_top_only(path: Path) -> None:
    """Imports inside functions hide cycles; TYPE_CHECKING hides a class in the wrong package.

    The command line alone imports late: `portico --version` answers in 60 ms.
    """
    text = path.read_text()
    assert "TYPE_CHECKING" not in text, f"{path.name}: a cycle means a wrong package"
    if package_of(path) == "cli":
        return
    late = [
        f"{path.relative_to(SRC)}:{node.lineno}: import inside {function.name}()"
        for function in ast.walk(ast.parse(text))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert not late, "\n".join(late)


def test_rules_see_what_they_forbid() -> None:
    """The rules above are only worth something if they refuse: one import of each forbidden kind."""
    forbidden = [
        ("router/retry.py", "portico.http.stream"),
        ("xds/mux.py", "portico.admin.clusters"),
        ("worker/worker.py", "portico.admin.stats"),
        ("http/stream.py", "asyncio"),
        ("upstream/pool.py", "socket.socket"),
        ("codec/http1/parser.py", "time.monotonic"),
        ("router/match.py", "envoy.config.route.v3.route_pb2"),
        ("stats/store.py", "portico.config.load"),
        ("api/headers.py", "portico.net.timers"),
        ("worker/worker.py", "grpc"),
        ("listener/listener.py", "portico.extensions.filters.network.echo"),
        ("controlplane/cache.py", "portico.config.load"),
        ("http/stream.py", "portico.helpers"),
    ]
    assert [pair for pair in forbidden if broken_rule(SRC / pair[0], pair[1]) is None] == []
    allowed = [
        ("router/from_proto.py", "google.protobuf.message.Message"),
        ("net/timers.py", "time.monotonic"),
        ("extensions/transport_sockets/tls.py", "ssl"),
        ("http/stream.py", "portico.api.headers"),
        ("main/supervisor.py", "portico.admin.stats"),
    ]
    assert [pair for pair in allowed if broken_rule(SRC / pair[0], pair[1])] == []
