"""Every code that a problem may have, each with one sentence that says what it means.

A code never changes its meaning and is never used again: pipelines and people look for it.
"""

from __future__ import annotations

from collections.abc import Mapping

CODES: Mapping[str, str] = {
    "rules/byte-order-mark": "The script starts with a byte order mark, so that its signature is refused.",
    "rules/exit-outside": "A rendered script has an exit outside the one function that ends it.",
    "rules/incomplete-try": "A try has neither catch nor finally.",
    "rules/last-line": "The script does not end with exactly one line break.",
    "rules/leading-pipe": "A line starts with a pipe, which Windows PowerShell 5.1 does not accept.",
    "rules/line-ending": "A line does not end with CRLF.",
    "rules/many-exits": "The script has more than one exit, so that it is hard to see how it ends.",
    "rules/newer-syntax": "The script uses syntax that Windows PowerShell 5.1 does not have.",
    "rules/no-exit": "The detection script has no exit, so that Intune never starts the repair.",
    "rules/no-result": "A rendered script does not end with the function that writes its result.",
    "rules/not-ascii": (
        "The script contains a character outside printable ASCII, which Windows PowerShell 5.1 reads in the "
        "code page of the device."
    ),
    "rules/not-powershell": "A part of the script is not valid PowerShell.",
    "rules/template-mark": "The script contains a template mark that was not replaced.",
    "rules/too-large": "The script is larger than Intune's limit for scripts.",
    "rules/unknown-command": "The script calls a command that Windows PowerShell 5.1 does not have.",
    "rules/unknown-parameter": (
        "The script calls a command with a parameter that it does not have in Windows PowerShell 5.1."
    ),
    "rules/unknown-splat": "The script splats a table whose keys cannot be determined.",
    "rules/utf-16": "The script is saved as UTF-16 and not as plain ASCII.",
}
