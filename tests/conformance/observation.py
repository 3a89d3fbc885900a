"""What one case showed on one proxy, and whether two observations agree."""

import difflib
from dataclasses import asdict, dataclass, field
from typing import Any

from .case import SECTIONS, Case

COLUMN = 96


@dataclass
class Observation:
    """Lines by section, free of whatever differs between two runs. `failure` is set when the case could not run.

    `printed` is what the process complained about while this case and its neighbours ran: shown, never compared.
    """

    sections: dict[str, list[str]] = field(default_factory=dict)
    statuses: list[int] = field(default_factory=list)
    dialogue: list[str] = field(default_factory=list)
    failure: str = ""
    printed: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def text(self) -> str:
        """Everything there is to see, for people."""
        if self.failure:
            return f"could not run: {self.failure}\n" + "\n".join(self.dialogue)
        shown = ["-- dialogue", *self.dialogue]
        for name in SECTIONS:
            if name != "client" and self.sections.get(name):
                shown += [f"-- {name}", *self.sections[name]]
        return "\n".join(shown)


def unmet_expectations(case: Case, envoy: Observation) -> list[str]:
    """Where Envoy itself no longer does what the case is about: such a case would compare the wrong thing."""
    if envoy.failure:
        return [f"envoy could not run the case: {envoy.failure}"]
    expected = case.get("expect")
    statuses = [item for item in expected if isinstance(item, int)]
    lines = [line for section in envoy.sections.values() for line in section]
    unmet = [f"expected statuses {statuses}, envoy gave {envoy.statuses}"] if statuses != envoy.statuses else []
    for item in expected:
        if isinstance(item, str) and not any(item in line for line in lines):
            unmet.append(f"expected a line with {item!r} from envoy")
    return unmet


def expected_sections(case: Case, envoy: Observation) -> dict[str, list[str]]:
    """Envoy's sections, except those where the case declares that portico differs."""
    return envoy.sections | (case.differs.sections if case.differs else {})


def differences(case: Case, envoy: Observation, portico: Observation) -> list[str]:
    """Names of the sections that are not as expected."""
    expected = expected_sections(case, envoy)
    return [name for name in SECTIONS if expected.get(name, []) != portico.sections.get(name, [])]


def needless_differences(case: Case, envoy: Observation) -> list[str]:
    """Sections declared as different in which Envoy shows exactly the declared lines."""
    declared = case.differs.sections if case.differs else {}
    return [name for name, lines in declared.items() if envoy.sections.get(name, []) == lines]


def report(case: Case, envoy: Observation, portico: Observation) -> str:
    """The failing case as a reader wants it: what was sent, then each differing section side by side."""
    sent = [line for line in envoy.dialogue if " > " in line]
    shown = [
        f"{case.name}: {case.get('description')}",
        f"file: {case.path}",
        "",
        "sent",
        *("  " + line for line in sent),
    ]
    if portico.failure:
        return "\n".join([*shown, "", f"portico could not run the case: {portico.failure}", *portico.dialogue])
    expected = expected_sections(case, envoy)
    for name in differences(case, envoy, portico):
        shown += ["", *side_by_side(name, expected.get(name, []), portico.sections.get(name, []), case)]
    same = [name for name in SECTIONS if envoy.sections.get(name) and name not in differences(case, envoy, portico)]
    printed = ["", "portico printed (with its neighbours)", portico.printed] if portico.printed else []
    return "\n".join([*shown, "", f"equal: {', '.join(same) or 'nothing'}", *printed])


def side_by_side(name: str, expected: list[str], got: list[str], case: Case) -> list[str]:
    declared = case.differs is not None and name in case.differs.sections
    left_title = "declared in the case" if declared else "envoy"
    rows = [f"  {name}: {left_title}".ljust(COLUMN + 2) + " | portico"]
    matcher = difflib.SequenceMatcher(None, expected, got, autojunk=False)
    for tag, left_from, left_to, right_from, right_to in matcher.get_opcodes():
        left, right = expected[left_from:left_to], got[right_from:right_to]
        for row in range(max(len(left), len(right))):
            first = left[row] if row < len(left) else ""
            second = right[row] if row < len(right) else ""
            mark = " " if tag == "equal" else "!"
            if len(first) <= COLUMN:
                rows.append(f"{mark} {first.ljust(COLUMN)} | {second if tag != 'equal' else '='}")
            else:
                rows += (
                    [f"{mark} {first}"] if tag == "equal" else [f"{mark} {first}", f"{mark} {' ' * COLUMN} | {second}"]
                )
    return rows
