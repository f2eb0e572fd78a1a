"""Every code that a problem may have, each with one sentence that says what it means.

A code never changes its meaning and is never used again: pipelines and people look for it.
"""

from __future__ import annotations

from collections.abc import Mapping

CODES: Mapping[str, str] = {
    "assignment/exclusion-settings": (
        "An excluded group has a filter or a schedule, which Intune does not keep for exclusions."
    ),
    "assignment/included-and-excluded": "One group is both included and excluded.",
    "assignment/listed-twice": "One group, or all devices or users, is listed twice in the assignments.",
    "assignment/no-filter": "An assignment has a filter mode but no filter.",
    "assignment/no-schedule": "An assignment that includes devices or users has no schedule.",
    "assignment/no-target": "An assignment names neither a group nor all devices or users.",
    "assignment/only-exclusions": "All assignments of a remediation are exclusions, so no device runs it.",
    "assignment/several-targets": "An assignment names more than one of group, exclude and all.",
    "client/build": "The build of the described Windows is not a number.",
    "client/culture": "A culture is not written as de-DE.",
    "client/entry-name": "The name of a phonebook entry is neither text nor binary data.",
    "client/event": "An event is not one that the simulation knows.",
    "client/file-content": "The content of a file is neither text nor binary data.",
    "client/file-is-folder": "A described file is in the place of a folder, or below a file.",
    "client/file-path": "The path of a file is not one below the client's folder.",
    "client/live-metric": "The metric of a live interface is neither a number nor automatic.",
    "client/missing-key": "A case, or a part of its client, lacks a required key.",
    "client/no-such-phonebook": "Something happens to a phonebook that the client does not have.",
    "client/not-a-list": "A client file is not a list of cases.",
    "client/phonebook-name": "There is no such phonebook.",
    "client/registry-data": "A registry value has data of no registry type.",
    "client/registry-key": (
        "The name of a registry key does not start with HKLM:, HKCU: or HKU: and a backslash."
    ),
    "client/registry-twice": "Two registry keys or values differ only by upper and lower case.",
    "client/route": "A route of a client is not a network with or without a metric.",
    "client/same-case-name": "Two cases of a file have the same name.",
    "client/stored-metric": "A stored metric is neither a number nor text nor null.",
    "client/too-few-runs": "A case does not say what each run of a script returns.",
    "client/unknown-key": "A case has no such key.",
    "client/unknown-part": "A client, or a part of it, has no such key.",
    "config/conflict": "Two remediations want different values at one place, so each undoes the other.",
    "config/duplicate": "Two remediations keep the same value correct.",
    "config/missing-key": "A required key is missing.",
    "config/same-display-name": "Two remediations have the same display name in Intune.",
    "config/secret": "A key looks like a secret, and secrets do not belong in the config.",
    "config/similar-keys": (
        "Two keys differ only by upper and lower case, so their files would be the same on Windows."
    ),
    "config/unknown-key": "There is no such key at this place.",
    "config/unknown-kind": "There is no such kind of remediation.",
    "config/unsigned": "Signatures are checked, but rendered scripts have none.",
    "custom/empty": "A script is empty.",
    "custom/folder": "A folder is named in place of a file.",
    "custom/not-a-file": "A script or client file is not an ordinary file.",
    "custom/not-found": "A script or client file does not exist.",
    "custom/not-signed": "A script has no signature, but signature_check is on.",
    "custom/too-large": "A script is far larger than Intune accepts.",
    "custom/unreadable": "A script or client file cannot be read.",
    "key/characters": "A key has characters that a key cannot have, or is too long.",
    "key/reserved": "A key is a file name that Windows reserves.",
    "metric/invalid": "An interface metric is neither a number from 1 to 9999 nor automatic.",
    "metric/same": "Two profiles have the same metric, so it is open which of them wins.",
    "privilege/unknown": "There is no such Windows privilege.",
    "profile/absent-with-repair": "A missing profile counts as an issue, but no script can repair it.",
    "profile/absent-without-phonebook": (
        "A missing profile counts as an issue, but the phonebook is not read."
    ),
    "profile/characters": "A profile name contains a character that RAS does not accept.",
    "profile/empty": "A profile name is empty.",
    "profile/leading-dot": "A profile name starts with a dot.",
    "profile/nothing-checked": "Neither the stored nor the live state of a profile is checked.",
    "profile/nothing-repaired": "The remediation script would repair nothing.",
    "profile/too-long": "A profile name has more than 255 characters.",
    "profile/two-accounts": (
        "The stored and the live state of a user's profile need two accounts, so two entries."
    ),
    "route/all-removed": "An empty list of routes would remove every route of the profile.",
    "route/default": "A route is a default route, which is a setting of the profile and not a route of it.",
    "route/exclusion-not-written": "An exclusion is to be repaired, but the phonebook is not written.",
    "route/host-bits": "The address of a route has bits set outside its prefix.",
    "route/listed-twice": "A route is listed twice.",
    "route/metric": "The metric of a route is not a number from 1 to 9999.",
    "route/network": "A route is not an IPv4 or IPv6 network.",
    "route/no-length": "A route has an address but no prefix length.",
    "route/none": "The list of routes is empty, so nothing can be wrong.",
    "route/overlap": "Two routes with different metrics overlap.",
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
        "The script contains a character outside printable ASCII, which Windows PowerShell 5.1 reads in "
        "the code page of the device."
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
    "schedule/both": "A schedule has both every and once.",
    "schedule/date": "The day of a schedule is not a date.",
    "schedule/interval": "The interval of a schedule is not a number of hours or days that Intune accepts.",
    "schedule/no-time": "A schedule with days or once has no time of day.",
    "schedule/none": "A schedule has neither every nor once.",
    "schedule/time": "The time of a schedule is not a time of day.",
    "schedule/time-with-hours": (
        "A schedule with hours has a time of day, which Intune does not keep for hours."
    ),
    "text/control-character": "A text contains a control character.",
    "text/marker": "A text ends with an ownership marker, which only remediate writes.",
    "text/outer-space": "A text starts or ends with a space.",
    "value/empty": "A value or a list is empty.",
    "value/invalid": "A value is not valid at this place.",
    "value/none": "A key has no value.",
    "value/not-an-id": "A value is not an id of the form 11111111-1111-1111-1111-111111111111.",
    "value/out-of-range": "A number is too small or too large.",
    "value/too-long": "A text is too long.",
    "value/unknown-word": "A value is not one of the words that are valid here.",
    "value/wrong-type": "A value has the wrong type, such as a list in place of a text.",
    "yaml/alias": "The file contains a YAML alias, which is not accepted in this file.",
    "yaml/bad-key": "A key is a list or a mapping and not a word.",
    "yaml/control-character": "The file contains a control character.",
    "yaml/duplicate-key": "A mapping has the same key twice.",
    "yaml/empty": "The file is empty.",
    "yaml/folder": "A folder is named in place of a file.",
    "yaml/not-base64": "A value with the tag !!binary is not Base64 text.",
    "yaml/not-found": "The file does not exist.",
    "yaml/not-utf-8": "The file is not UTF-8.",
    "yaml/second-document": "The file contains more than one YAML document.",
    "yaml/syntax": "The file is not valid YAML.",
    "yaml/tab": "A line is indented with a tab, which YAML does not accept.",
    "yaml/tag": "The file contains a YAML tag, which is not accepted in this file.",
    "yaml/too-deep": "Lists and mappings are nested too deep.",
    "yaml/too-large": "The file is too large, or repeats too much by aliases.",
    "yaml/unquoted-time": (
        "A value such as 06:30 is not quoted, so that other YAML readers read it as a number."
    ),
    "yaml/unreadable": "The file cannot be read.",
}
