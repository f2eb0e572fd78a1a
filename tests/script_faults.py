"""Faults that are put into rendered scripts, by the names of functions and commands.

A script whose wording changes takes the same faults. A script that no longer has the function or the command
refuses them, and the test fails. Faults go into the remediation script, or into the one that ``of`` names.
"""

from __future__ import annotations

import re
from dataclasses import replace

from aovpn_remediate.model import ScriptPackage

DETECTION, REMEDIATION = "detection", "remediation"
REAL = "REAL"
"""In the text of a fault: the function, the command or the statement that it takes the place of."""
OTHER_WRITES = "[IO.File]::AppendAllText($Path, '[Other]')"
"""Another program adds a header to the phonebook; in a fault of ``on_replacement``."""
_NAMED = r"(?ms)^function {} \{{\r\n(.*?)^\}}\r\n"
_REPLACEMENT = r"\[IO\.File\]::Replace\(([^()\r\n]+), ([^()\r\n]+), ([^()\r\n]+)\)"


def instead(package: ScriptPackage, name: str, body: str, *, of: str = REMEDIATION) -> ScriptPackage:
    """The pair with this as the whole body of a function, or of a function in the place of a command."""
    return _changed(package, of, _instead(_text(package, of), name, body))


def around(package: ScriptPackage, name: str, body: str, *, of: str = REMEDIATION) -> ScriptPackage:
    """The pair with this around a function or a command; ``REAL @args`` calls it."""
    script = _text(package, of)
    if _has(script, name):
        renamed = script.replace(f"function {name} {{", f"function Use-Real{name} {{")
        return _changed(
            package, of, _at_start(renamed, _function(name, body.replace(REAL, f"Use-Real{name}")))
        )
    _assert_calls(script, name)
    variable = f"$script:Real{name.replace('-', '')}"
    real = f"{variable} = Get-Command -Name {name}\n"
    wrapper = _function(name, body.replace(REAL, f"& {variable}"))
    return _changed(package, of, _at_start(script, real + wrapper))


def failing(package: ScriptPackage, name: str, message: str) -> ScriptPackage:
    """The pair with a command that fails as Windows' own do: by a non-terminating error."""
    takes = "[CmdletBinding()] param([Parameter(ValueFromRemainingArguments = $true)] $All)"
    return instead(package, name, f"{takes}\nWrite-Error '{message}'")


def without_bodies(package: ScriptPackage, *names: str) -> ScriptPackage:
    """The pair with functions that do nothing, in both scripts; those that a script has not are left out."""
    count = 0
    for of in (DETECTION, REMEDIATION):
        for name in names:
            if _has(_text(package, of), name):
                package = instead(package, name, "", of=of)
                count += 1
    assert count, f"the scripts have none of the functions {names}"
    return package


def at_start(package: ScriptPackage, statement: str, *, of: str = REMEDIATION) -> ScriptPackage:
    """The pair with a statement before everything that the script does."""
    return _changed(package, of, _at_start(_text(package, of), statement + "\n"))


def at_call(package: ScriptPackage, function: str, call: str, happens: str) -> ScriptPackage:
    """The pair with this in the place of the one line of a function that has a call; ``REAL`` is that line."""
    script = _text(package, REMEDIATION)
    found = re.search(_NAMED.format(re.escape(function)), script)
    assert found, f"the script has no function {function}"
    lines = found[1].split("\r\n")
    (place,) = [number for number, line in enumerate(lines) if call in line]
    lines[place] = _crlf(happens.replace(REAL, lines[place]))
    changed = script[: found.start(1)] + "\r\n".join(lines) + script[found.end(1) :]
    return _changed(package, REMEDIATION, changed)


def on_replacement(package: ScriptPackage, *, new: str = REAL, put_back: str = REAL) -> ScriptPackage:
    """The pair with this in the place of a replacement of the phonebook.

    ``new`` is for the file that the script has written, ``put_back`` for the old phonebook. What they may
    name: ``$Source``, ``$Path``, and ``$Aside`` for what the replaced file is renamed to.
    """
    script, count = re.subn(_REPLACEMENT, r"Use-Replacement \1 \2 \3", _text(package, REMEDIATION))
    assert count, "the script replaces no file"
    real = "[IO.File]::Replace($Source, $Path, $Aside)"
    cases = [new.replace(REAL, real), put_back.replace(REAL, real)]
    body = "param($Source, $Path, $Aside)\n"
    body += f"if (-not $Source.EndsWith('.old')) {{\n{cases[0]}\n}} else {{\n{cases[1]}\n}}"
    return _changed(package, REMEDIATION, _at_start(script, _function("Use-Replacement", body)))


def _text(package: ScriptPackage, of: str) -> str:
    return {DETECTION: package.detection, REMEDIATION: package.remediation}[of].decode("ascii")


def _changed(package: ScriptPackage, of: str, script: str) -> ScriptPackage:
    content = script.encode("ascii")
    return replace(package, detection=content) if of == DETECTION else replace(package, remediation=content)


def _has(script: str, name: str) -> bool:
    return re.search(_NAMED.format(re.escape(name)), script) is not None


def _instead(script: str, name: str, body: str) -> str:
    if not _has(script, name):
        _assert_calls(script, name)
        return _at_start(script, _function(name, body))
    changed = _crlf(_function(name, body))
    return re.sub(_NAMED.format(re.escape(name)), lambda _: changed, script)


def _assert_calls(script: str, name: str) -> None:
    code = re.sub(r"(?m)^ *#.*", "", script)
    assert re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", code), f"the script does not call {name}"


def _function(name: str, body: str) -> str:
    return f"function {name} {{\n{body}\n}}\n"


def _at_start(script: str, text: str) -> str:
    place = script.index("\r\nfunction ") + 2
    return script[:place] + _crlf(text) + script[place:]


def _crlf(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\n", "\r\n")
