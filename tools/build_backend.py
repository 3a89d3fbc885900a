"""The PEP 517 backend: setuptools, and mypyc when it can compile.

PORTICO_PURE=1  builds the interpreted package.
PORTICO_PURE=0  builds the compiled package or fails.
unset           compiles if there is a C compiler, and falls back to the interpreted package if that fails.

An editable install is always interpreted: compiled modules beside the sources would win over later edits.
"""

import os
import shutil
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from setuptools import build_meta
from toolchain import missing_to_compile

_ROOT = Path(__file__).resolve().parent.parent

get_requires_for_build_sdist = build_meta.get_requires_for_build_sdist
build_sdist = build_meta.build_sdist

Settings = Mapping[str, Any] | None


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    if os.environ.get("PORTICO_PURE") == "1" or missing_to_compile():
        return []
    with open(_ROOT / "pyproject.toml", "rb") as file:
        groups: dict[str, list[str]] = tomllib.load(file)["dependency-groups"]
    return groups["build"]


def get_requires_for_build_editable(config_settings: Settings = None) -> list[str]:
    return []


def prepare_metadata_for_build_wheel(metadata_directory: str, config_settings: Settings = None) -> str:
    with _interpreted():  # the metadata are the same, and mypyc takes its time
        return build_meta.prepare_metadata_for_build_wheel(metadata_directory, config_settings)


def prepare_metadata_for_build_editable(metadata_directory: str, config_settings: Settings = None) -> str:
    with _interpreted():
        return build_meta.prepare_metadata_for_build_editable(metadata_directory, config_settings)


def build_editable(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    with _interpreted():
        return build_meta.build_editable(wheel_directory, config_settings, metadata_directory)


def build_wheel(wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None) -> str:
    wanted = os.environ.get("PORTICO_PURE")
    if wanted != "1":
        reason = missing_to_compile()
        if not reason:
            try:
                return _wheel(wheel_directory, config_settings, metadata_directory)
            except (SystemExit, Exception) as error:  # noqa: BLE001  whatever mypyc or the C compiler ends with
                reason = f"the compilation failed: {error}"
        if wanted == "0":
            raise SystemExit(f"portico: cannot build the compiled package: {reason}")
        print(f"portico: building the interpreted package: {reason}", file=sys.stderr)
    with _interpreted():
        return _wheel(wheel_directory, config_settings, metadata_directory)


def _wheel(wheel_directory: str, config_settings: Settings, metadata_directory: str | None) -> str:
    # setuptools never removes from build/lib what has left src: a deleted module would ship.
    shutil.rmtree(_ROOT / "build", ignore_errors=True)
    return build_meta.build_wheel(wheel_directory, config_settings, metadata_directory)


@contextmanager
def _interpreted() -> Iterator[None]:
    """setup.py leaves mypyc out meanwhile."""
    before = os.environ.get("PORTICO_PURE")
    os.environ["PORTICO_PURE"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["PORTICO_PURE"]
        else:
            os.environ["PORTICO_PURE"] = before
