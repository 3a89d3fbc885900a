"""Support tables for tests, and where real Envoy is."""

from __future__ import annotations

from pathlib import Path

from google.protobuf.descriptor import FieldDescriptor

from portico.config.supported import SupportTable

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden" / "config"
# The launcher execs the binary beside it; `make conformance` installs both.
ENVOY = ROOT / ".venv-envoy" / "bin" / "envoy"
ENVOY_BINARIES = sorted(ROOT.glob(".venv-envoy/lib/python3*/site-packages/envoy/_bin/envoy"))
NO_ENVOY = "real Envoy is not installed; `make conformance` does that"


class FullSupport(SupportTable):
    """Implements every field and claims every extension of Envoy's."""

    def __init__(self) -> None:
        super().__init__([])

    def claims(self, name: str) -> bool:
        return name.startswith("envoy.extensions.")

    def implements(self, field: FieldDescriptor) -> bool:
        return True
