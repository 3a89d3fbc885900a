"""The chart: one group of bars per scenario, as ratios to Envoy. Written as plain SVG: no library is needed."""

from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from bench.results import REFERENCE, Results, ScenarioResult

_COLOURS: Final = {
    "portico": "#2563eb",
    "portico-interpreted": "#93c5fd",
    "envoy": "#a21caf",
    "nginx": "#15803d",
    "haproxy": "#b45309",
}
_WIDTH: Final = 880
_LABEL_WIDTH: Final = 150
_VALUE_WIDTH: Final = 170
_BAR_HEIGHT: Final = 18
_GROUP_GAP: Final = 34
_TOP: Final = 64


def write_chart(results: Results, path: Path) -> None:
    """Nothing is written if no scenario has a reference to compare with."""
    groups = [scenario for scenario in results.scenarios.values() if scenario.ratio(REFERENCE) is not None]
    if groups:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(chart_svg(groups, _subtitle(results)))


def chart_svg(groups: list[ScenarioResult], subtitle: str) -> str:
    """An SVG document. Each group keeps the order of its contestants; a dashed line marks the reference."""
    ratios = [group.ratio(name) or 0.0 for group in groups for name in group.entries]
    scale = (_WIDTH - _LABEL_WIDTH - _VALUE_WIDTH) / max(1.0, *ratios)
    parts = [
        _text(16, 26, "Requests per second on one core, as ratio to Envoy", size=17, weight="600"),
        _text(16, 46, subtitle, size=11, colour="#555"),
    ]
    y = _TOP
    for group in groups:
        parts.append(_text(16, y + 14, group.title, size=13, weight="600"))
        y += 22
        top = y
        for name, entry in group.entries.items():
            ratio = group.ratio(name)
            if ratio is not None:
                parts += _bar(name, y, ratio, scale, f"{ratio:.2f}  ({entry.median('requests_per_s'):,.0f}/s)")
                y += _BAR_HEIGHT + 3
        x = _LABEL_WIDTH + scale
        parts.append(f'<path d="M{x:.1f} {top - 2}V{y}" stroke="#444" stroke-dasharray="3 3" fill="none"/>')
        y += _GROUP_GAP - 12
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{y}" viewBox="0 0 {_WIDTH} {y}" '
        f'font-family="system-ui, sans-serif"><rect width="100%" height="100%" fill="#fff"/>'
    )
    return "\n".join([head, *parts, "</svg>", ""])


def _bar(name: str, y: int, ratio: float, scale: float, label: str) -> list[str]:
    width = max(1.0, ratio * scale)
    colour = _COLOURS.get(name, "#666")
    return [
        _text(_LABEL_WIDTH - 8, y + 13, name, size=12, anchor="end"),
        f'<rect x="{_LABEL_WIDTH}" y="{y}" width="{width:.1f}" height="{_BAR_HEIGHT}" fill="{colour}" rx="2"/>',
        _text(_LABEL_WIDTH + width + 6, y + 13, label, size=12),
    ]


def _text(
    x: float, y: float, text: str, *, size: int, weight: str = "400", colour: str = "#111", anchor: str = "start"
) -> str:
    attributes = f'font-size="{size}" font-weight="{weight}" fill="{colour}" text-anchor="{anchor}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {attributes}>{escape(text)}</text>'


def _subtitle(results: Results) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in results.versions.items())
    return f"{results.machine['cpu']}, Linux {results.machine['kernel']}; {versions}"
