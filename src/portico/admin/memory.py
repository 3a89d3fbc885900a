"""/memory and /memory/tcmalloc: what portico's processes use."""

from dataclasses import asdict

from portico.admin.documents import render
from portico.admin.exchange import AdminRequest, AdminResponse, Endpoint, json_text, text
from portico.admin.state import ServerState


async def answer(request: AdminRequest, state: ServerState) -> AdminResponse:
    """envoy.admin.v3.Memory: 64 bits are a string."""
    use = await state.process.memory()
    return json_text(render({name: str(value) for name, value in asdict(use).items()}))


async def allocator(request: AdminRequest, state: ServerState) -> AdminResponse:
    """Envoy prints its allocator's report; CPython's has none, so the same numbers once more."""
    use = await state.process.memory()
    lines = [f"{name}: {value} ({value / 1048576:.1f} MiB)\n" for name, value in asdict(use).items()]
    return text("portico runs on CPython's allocator, not on TCMalloc.\n" + "".join(lines))


MEMORY = Endpoint("/memory", "print current allocation/heap usage", answer)

MEMORY_ALLOCATOR = Endpoint("/memory/tcmalloc", "print TCMalloc stats", allocator)
