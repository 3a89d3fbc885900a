"""What pyproject.toml cannot say: which modules mypyc compiles, and why the others stay interpreted.

All compiled modules form one group, so that a call from one to another stays a C call.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from setuptools import setup

SRC = Path("src/portico")

# The packages a byte passes on its way through a worker, in the order of the architecture.
HOT_PACKAGES = (
    "api", "listener", "http", "router", "upstream", "codec", "net", "access_log", "formatter", "matching", "stats",
)  # fmt: skip

# Extensions that see every request, connection or log line; a new hot extension adds its path here.
HOT_EXTENSIONS: tuple[str, ...] = (
    "extensions/filters/network/http_connection_manager.py",
    "extensions/filters/network/tcp_proxy/config.py",
    "extensions/filters/network/tcp_proxy/filter.py",
    "extensions/filters/network/tcp_proxy/hash_policy.py",
    "extensions/filters/network/tcp_proxy/host_choice.py",
    "extensions/filters/network/tcp_proxy/upstream_side.py",
    "extensions/filters/network/echo.py",
    "extensions/filters/network/direct_response.py",
    "extensions/filters/http/router.py",
    "extensions/load_balancing_policies/least_request.py",
    "extensions/load_balancing_policies/random.py",
    "extensions/load_balancing_policies/round_robin.py",
)

# What a request reads of packages that are otherwise not hot.
HOT_MODULES: tuple[str, ...] = ("ipc/random.py", "ipc/runtime.py", "ipc/shared_table.py")

# file name, or path below src/portico -> why it stays interpreted
EXCLUDED: dict[str, str] = {
    "__init__.py": "a docstring: nothing to gain",
    "from_proto.py": "reads dynamic protobuf messages (Any), at configuration time only",
}


def compiled_modules(
    hot_modules: Sequence[str] = (*HOT_MODULES, *HOT_EXTENSIONS), excluded: Mapping[str, str] = EXCLUDED
) -> list[str]:
    """Paths of the modules to compile, sorted so that builds are repeatable. A name without its file is an error."""
    hot = [SRC / "version.py"]  # first: its own file is how a build knows that it is compiled
    for package in HOT_PACKAGES:
        hot.extend(sorted((SRC / package).rglob("*.py")))
    hot.extend(SRC / name for name in hot_modules)
    reasons = {path: {path.name, path.relative_to(SRC).as_posix()} & set(excluded) for path in hot}
    gone = [path.as_posix() for path in hot if not path.is_file()] + sorted(set(excluded).difference(*reasons.values()))
    if gone:
        raise FileNotFoundError(f"setup.py names what is not there: {', '.join(gone)}")
    return [str(path) for path in hot if not reasons[path]]


def extensions() -> list[Any]:
    if os.environ.get("PORTICO_PURE") == "1":
        return []
    try:
        from mypyc.build import mypycify  # noqa: PLC0415  absent while pip asks what the build requires
    except ImportError:
        if os.environ.get("PORTICO_PURE") == "0":
            raise
        return []
    # No configuration file: strictness is `make check`'s business, and a build environment has no stubs.
    flags = ["--config-file=", "--ignore-missing-imports", "--explicit-package-bases"]
    os.environ["MYPYPATH"] = "src"
    opt_level = os.environ.get("PORTICO_OPT_LEVEL", "3")
    modules = mypycify(flags + compiled_modules(), opt_level=opt_level, group_name="portico")
    for module in modules:  # mypyc's -Werror would make each new warning of a newer compiler fatal
        module.extra_compile_args = [flag for flag in module.extra_compile_args if flag != "-Werror"]
    return modules


if __name__ == "__main__":
    setup(ext_modules=extensions())
