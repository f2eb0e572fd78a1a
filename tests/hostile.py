"""Hostile texts, as literals and as settings of whole scripts, read back by the real PowerShell parser."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from aovpn_remediate.client import PowerShell, empty_state
from aovpn_remediate.kinds import KINDS
from aovpn_remediate.model import OwnPair, Remediation, RunAs
from aovpn_remediate.scripts.literals import literal
from aovpn_remediate.scripts.render import render_package
from aovpn_remediate.scripts.template_parts import settings_read
from tests.golden_files import RENDERED
from tests.pairs import example_settings

HOSTILE = "'\u2018\u2019\u201a\u201b\"\u201c\u201d`$(){}[];#@|&<>\n\r\0\u00a0\u0085\ufeff\u202e\ud800\U0001f600 aZ9-"
CODE = (
    "'", "''", "'; exit 7; '", "' + $(exit 7) + '", "$(exit 7)", "@'\n", "\n'@\n", "\r\n}\r\nexit 7\r\n", "#>", "<#",
    "{{ settings }}", "{% raw %}", "#% for x in y %#", "#%- x -%#", "`", "\u2019 exit 7 #", "--%", "}", ")", "''; {",
)  # fmt: skip
"""What would end a text, and what would be a mark of the templates."""
READ_BACK = Path(__file__).parent / "ps1_read_back.ps1"
READ_SETTINGS = Path(__file__).parent / "ps1_settings.ps1"


def hostile_text(random: Random) -> str:
    """Return a text of characters that end strings, and any others."""
    length = random.randrange(40)
    return "".join(
        random.choice(HOSTILE) if random.random() < 0.7 else chr(random.randrange(0x110000))
        for _ in range(length)
    )


def changed_texts(shell: PowerShell, folder: Path, texts: Sequence[str]) -> list[str]:
    """Return the texts whose literal is not a single ASCII constant, or evaluates to something else."""
    script = folder / "values.ps1"
    script.write_text("".join(literal(text) + "\n" for text in texts), encoding="ascii")
    run = shell.run(READ_BACK, environment={"VALUES": str(script)}, state=empty_state())
    if run.errors:
        raise AssertionError(run.errors)
    read = json.loads(run.output[-1])
    units, changed, place = base64.b64decode(read["units"]), [], 0
    for text, length in zip(texts, read["lengths"], strict=True):
        changed += [text] if units[place : place + 2 * length] != _utf16(text) else []
        place += 2 * length
    return changed


@dataclass(frozen=True)
class HostileSettings:
    """Settings of a kind that nobody has checked: what a script may hold if every check before it failed."""

    kind: str
    values: Mapping[str, object]
    run_as: RunAs = RunAs.SYSTEM

    def script_settings(self) -> Mapping[str, object]:
        return self.values

    def checks(self) -> tuple[str, ...]:
        return ("Stored", "Live")

    def repairs(self) -> tuple[str, ...]:
        return ("Stored", "Live")

    def features(self) -> Mapping[str, bool]:
        example = KINDS[self.kind].model_validate(example_settings(self.kind))
        return dict.fromkeys(example.features(), True)

    def own_pair(self) -> OwnPair | None:
        return None

    def scripts(self) -> tuple[bytes, bytes]:
        """Both scripts of the pair."""
        remediation = Remediation(
            key="hostile", kind=self.kind, name="Hostile", description="", publisher="", scope_tags=("0",),
            assignments=(), repair=True, signature_check=False, settings=self,
        )  # fmt: skip
        package = render_package(remediation, config="contoso")
        return package.detection, package.remediation


def hostile_settings(random: Random) -> HostileSettings:
    """Return the settings of a kind's example with every text hostile and every list of another length."""
    kind = random.choice(RENDERED)
    example = KINDS[kind].model_validate(example_settings(kind)).script_settings()
    return HostileSettings(kind, {**_made_hostile(example, random), "Kind": kind})


def _made_hostile(value: Any, random: Random) -> Any:
    if isinstance(value, str):
        return hostile_text(random) + random.choice(("", random.choice(CODE))) + hostile_text(random)
    if isinstance(value, Mapping):
        return {key: _made_hostile(one, random) for key, one in value.items()}
    if isinstance(value, list | tuple):
        items = random.choices(value, k=random.randrange(5)) if value else []
        return [_made_hostile(one, random) for one in items]
    return value


def settings_faults(shell: PowerShell, folder: Path, cases: Sequence[HostileSettings]) -> list[str]:
    """Return what settings have become where that is not what went in, and what they have made of a script."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, case in enumerate(cases):
        for name, content in zip(("detect", "remediate"), case.scripts(), strict=True):
            paths.append(folder / f"{number}-{name}.ps1")
            paths[-1].write_bytes(content)
    listed = folder / "scripts.json"
    listed.write_text(json.dumps([str(path) for path in paths]))
    run = shell.run(READ_SETTINGS, environment={"SCRIPTS": str(listed)}, state=empty_state())
    if run.errors:
        raise AssertionError(run.errors)
    plain = {case.kind: HostileSettings(case.kind, {}).scripts() for case in cases}
    frames = [_without_settings(content) for case in cases for content in plain[case.kind]]
    return [
        f"{cases[number // 2]}: {fault}"
        for number, (path, read, frame) in enumerate(
            zip(paths, json.loads(run.output[-1]), frames, strict=True)
        )
        for fault in _script_faults(path.read_bytes(), read, frame, cases[number // 2].values)
    ]


def _script_faults(
    content: bytes, read: Mapping[str, object], frame: tuple[bytes, bytes], values: Mapping[str, object]
) -> list[str]:
    if "fault" in read:
        return [str(read["fault"])]
    code = (frame[0] + frame[1]).decode("ascii")
    expected = _with_units({name: value for name, value in values.items() if name in settings_read(code)})
    faults = [] if read["value"] == expected else [f"$Settings is {read['value']}"]
    start, end = int(str(read["start"])), int(str(read["end"]))
    if (content[:start], content[end:]) != frame:
        faults.append("the script is another one outside $Settings")
    return faults


def _without_settings(content: bytes) -> tuple[bytes, bytes]:
    before, _, after = content.partition(b"$Settings = @{}")
    return before, after


def _with_units(value: object) -> object:
    if isinstance(value, str):
        return "text:" + "".join(f"{pair[1]:02X}{pair[0]:02X}" for pair in _pairs(_utf16(value)))
    if isinstance(value, Mapping):
        return {key: _with_units(one) for key, one in value.items()}
    return [_with_units(one) for one in value] if isinstance(value, list) else value


def _pairs(data: bytes) -> list[bytes]:
    return [data[place : place + 2] for place in range(0, len(data), 2)]


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass")
