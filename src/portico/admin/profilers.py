"""/cpuprofiler, /heapprofiler, /allocprofiler, /heap_dump, /peak_heap_dump, /contention: what portico has none of.

Envoy's answers for a build without the tool; a script that asks for one learns that there is none.
"""

from portico.admin.exchange import AdminRequest, AdminResponse, Endpoint, Param, text
from portico.admin.state import ServerState

YES_OR_NO = ("y", "n")


async def contention(request: AdminRequest, state: ServerState) -> AdminResponse:
    return text("Mutex contention tracing is not enabled. To enable, run Envoy with flag --enable-mutex-tracing.")


async def cpu_profiler(request: AdminRequest, state: ServerState) -> AdminResponse:
    enable = request.params.get("enable")
    if enable not in YES_OR_NO:
        return text("?enable=<y|n>\n", 400)
    if enable == "y":
        return text("failure to start the profiler", 500)
    return text("OK\n")


async def allocation_profiler(request: AdminRequest, state: ServerState) -> AdminResponse:
    if request.params.get("enable") not in YES_OR_NO:
        return text("?enable=<y|n>\n", 400)
    return text("The current build does not support allocation profiler", 501)


async def heap_profiler(request: AdminRequest, state: ServerState) -> AdminResponse:
    return text("The current build does not support heap profiler", 501)


async def heap_dump(request: AdminRequest, state: ServerState) -> AdminResponse:
    return text("Heap dump is not supported in current build", 501)


CONTENTION = Endpoint("/contention", "dump current Envoy mutex contention stats (if enabled)", contention)

CPU_PROFILER = Endpoint(
    "/cpuprofiler",
    "enable/disable the CPU profiler",
    cpu_profiler,
    is_mutation=True,
    params=(Param("enable", "enables the CPU profiler", YES_OR_NO),),
)

ALLOCATION_PROFILER = Endpoint(
    "/allocprofiler",
    "enable/disable the allocation profiler (if supported)",
    allocation_profiler,
    is_mutation=True,
    params=(Param("enable", "enable/disable the allocation profiler", YES_OR_NO),),
)

HEAP_PROFILER = Endpoint(
    "/heapprofiler",
    "enable/disable the heap profiler",
    heap_profiler,
    is_mutation=True,
    params=(Param("enable", "enable/disable the heap profiler", YES_OR_NO),),
)

HEAP_DUMP = Endpoint("/heap_dump", "dump current Envoy heap (if supported)", heap_dump)

PEAK_HEAP_DUMP = Endpoint("/peak_heap_dump", "dump peak Envoy heap (if supported)", heap_dump)
