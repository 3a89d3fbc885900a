"""What the samplers print, read back."""

from pathlib import Path

from bench.profiling import perf, py_spy
from bench.profiling.cost import Cost, by_layer
from bench.profiling.mypyc_names import MypycNames

PERF_SCRIPT = """\
        ffffffff82026060 tcp_sendmsg_locked ([kernel.kallsyms])
        ffffffff81e2f2e2 ksys_write ([kernel.kallsyms])
        ffffffff821ed511 do_syscall_64 ([kernel.kallsyms])
                  10ab59 __write (/usr/lib/libc.so.6)

        ffffffff82026060 net_rx_action ([kernel.kallsyms])

                  10ab59 CPyDef_route_table___RouteTable___match (/venv/portico__mypyc.cpython-311.so)

                  10ab59 _PyEval_EvalFrameDefault (/usr/lib/libpython3.11.so.1.0)

"""


def test_perf_charges_the_kernel_to_the_system_call_and_c_to_its_package(tmp_path: Path) -> None:
    names = _names(tmp_path)
    assert perf.parse(PERF_SCRIPT, names) == [
        Cost("kernel: write", "tcp_sendmsg_locked", 0.25),
        Cost("kernel: interrupts and the rest", "net_rx_action", 0.25),
        Cost("portico.router", "CPyDef_route_table___RouteTable___match", 0.25),
        Cost("libpython3.11.so.1.0", "_PyEval_EvalFrameDefault", 0.25),
    ]


def test_mypyc_names_lead_back_to_the_package(tmp_path: Path) -> None:
    names = _names(tmp_path)
    assert names.package("CPyDef_http1___parser___Parser___feed") == "portico.codec"
    assert names.package("CPyPy_route_table___RouteTable") == "portico.router"
    assert names.package("CPyDef_unheard_of") == "portico"
    assert names.package("PyObject_Call") is None


def test_py_spy_counts_the_innermost_frame() -> None:
    stacks = (
        "run (/lib/asyncio/runners.py);match (/src/portico/router/route_table.py) 3\nrun (/lib/asyncio/runners.py) 1\n"
    )
    costs = py_spy.parse(stacks)
    assert costs == [
        Cost("portico.router", "match (route_table.py)", 0.75),
        Cost("runners.py", "run (runners.py)", 0.25),
    ]


def test_layers_are_summed_dearest_first() -> None:
    costs = [Cost("a", "x", 0.2), Cost("b", "y", 0.5), Cost("a", "z", 0.25)]
    assert by_layer(costs) == [("b", 0.5), ("a", 0.45)]


def _names(tmp_path: Path) -> MypycNames:
    for path in ("router/__init__", "router/route_table", "codec/http1/parser"):
        file = tmp_path / "portico" / f"{path}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    return MypycNames(tmp_path)
