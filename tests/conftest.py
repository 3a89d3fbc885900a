"""Which build is under test: PORTICO_BUILD=interpreted or compiled makes any other an error."""

import os

import pytest

from portico import version


def pytest_report_header() -> str:
    return f"portico {version.VERSION}, {version.build_type()}: {os.path.dirname(version.__file__)}"


def pytest_configure() -> None:
    wanted = os.environ.get("PORTICO_BUILD", version.build_type())
    if wanted != version.build_type():
        raise pytest.UsageError(
            f"PORTICO_BUILD={wanted}, but `import portico` finds the {version.build_type()} build in {version.__file__}"
        )
