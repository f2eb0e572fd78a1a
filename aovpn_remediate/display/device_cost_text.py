"""What a device pays for the packages of a config, in words."""

from __future__ import annotations

from collections.abc import Sequence

from aovpn_remediate.device_cost import SECONDS_A_RUN, DeviceCost, device_costs
from aovpn_remediate.display.clean import clean
from aovpn_remediate.model import ScriptPackage, TargetKind
from aovpn_remediate.wording import count_of


def costs_text(packages: Sequence[ScriptPackage]) -> str:
    """Return what a device of each group pays, a line each; empty if nothing is assigned."""
    lines = [f"    {_words(one)}" for one in device_costs(packages)]
    head = f"Estimated run time on each device ({SECONDS_A_RUN:.0f} s a run, an assumption):"
    return "\n".join([head, *lines]) if lines else ""


def cost_warnings(packages: Sequence[ScriptPackage]) -> list[str]:
    """Return a warning for each group whose devices would be busy for long."""
    warnings: list[str] = []
    for one in device_costs(packages):
        if one.is_high:
            warnings.append(f"{_words(one)}; use fewer packages, or longer intervals")
    return warnings


def _words(cost: DeviceCost) -> str:
    who = cost.target.group if cost.target.kind is TargetKind.GROUP else cost.target.kind.value
    packages = count_of(cost.packages, "package")
    number = f"{cost.runs:.3g}"
    runs = "1 run" if number == "1" else f"{number} runs"
    return clean(f"{who}: {packages}, {runs} and {cost.minutes:.2g} min a day")
