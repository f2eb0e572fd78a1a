"""Configs with one thing wrong each, and what is said about it."""

from __future__ import annotations

from aovpn_remediate.kinds import KINDS
from tests.config_texts import ENTRY, HEAD, KEYS, LIST

ALL_KINDS = ", ".join(sorted(KINDS))
WRONG_INDENT = "often: wrong indentation, a missing - or space, or a text with : that needs quotes"
METRIC = "is not a valid metric; write a number from 1 to 9999 without quotes, or automatic"
SECRET = "looks like a secret; secrets do not belong in this file, remove it"
TENANT_SECRET = (
    "looks like a secret; remove it and put the secret into the environment variable AZURE_CLIENT_SECRET, or into another "
    "variable and write that variable's name after secret_env"
)
TENANT_KEYS = "auth, certificate, client_id, cloud, id, secret_env, service_connection_id"
ROUTES = ENTRY.replace("interface-metric", "route-presence").replace("ipv4: 3", "routes:")
BAD: dict[str, tuple[str | bytes, str]] = {
    "a tab": (HEAD + "\tscope: user\n", "5:1: this line is indented with a tab; use spaces"),
    "a duplicate key": (
        ENTRY + "    ipv4: 4\n",
        '8:5: duplicate key "ipv4", first on line 7; rename or remove one',
    ),
    "an unknown key": (ENTRY + "    colour: red\n", f'8:5: unknown key "colour"; use one of: {KEYS}'),
    "a typo in a key": (
        HEAD + "    profil: VPN\n    scope: user\n    ipv4: 3\n",
        '5:5: unknown key "profil"; did you mean "profile"?',
    ),
    "a missing key": (HEAD + "    scope: user\n    ipv4: 3\n", "3:3: profile is missing; add profile: Contoso User VPN"),
    "a typo in a kind": (
        "name: c\nremediations:\n  m:\n    kind: interface-metrics\n",
        '4:11: unknown kind "interface-metrics"; did you mean "interface-metric"?',
    ),
    "a later kind": (
        "name: c\nremediations:\n  m:\n    kind: x\n",
        f'4:11: unknown kind "x"; use one of: {ALL_KINDS}',
    ),
    "a typo in kind": ("name: c\nremediations:\n  m: {knd: x}\n", '3:7: unknown key "knd"; did you mean "kind"?'),
    "a typo in a key that is there, too": (ENTRY + "    profil: VPN\n", '8:5: unknown key "profil"; did you mean "profile"?'),
    "a secret and a missing key": (
        HEAD + "    scope: user\n    ipv4: 3\n    client_cert: x\n",
        f'3:3: profile is missing; add profile: Contoso User VPN\n7:5: "client_cert" {SECRET}',
    ),
    "a secret of a tenant": (
        ENTRY + "tenants:\n  t: {id: contoso.onmicrosoft.com, client_secret: x}\n",
        f"9:36: this key {TENANT_SECRET}",
    ),
    "a secret in place of an id": (
        ENTRY + "tenants:\n  t: {id: aBc8Q~defghijklmnopqrstuvwxyzABCDEFGHIJ}\n",
        f"9:11: id {TENANT_SECRET}",
    ),
    "a tenant's keys": (
        ENTRY + "tenants:\n  t: {clientid: x, tenant_id: y, z: 1, certificat: x}\n",
        '9:7: this key is not valid; did you mean "client_id"?\n9:20: this key is not valid; did you mean "id"?\n'
        f'9:34: this key is not valid; use one of: {TENANT_KEYS}\n9:40: this key is not valid; did you mean "certificate"?',
    ),
    "a tenant's values": (
        ENTRY + "tenants:\n  t: {cloud: usgow, auth: x, certificate: [], secret_env: a-b, service_connection_id: 5, id: ~}\n",
        '9:14: cloud is not valid; did you mean "usgov"?\n'
        "9:27: auth is not valid; write auto, browser, device-code, secret, certificate, workload-identity, azure-pipelines, "
        "github, assertion, managed-identity, azure-cli or broker\n"
        "9:43: certificate must be text; write the path of a PEM or PFX file\n"
        "9:59: secret_env is not valid; write the name of the environment variable that holds the secret, such as CONTOSO_SECRET\n"
        "9:87: service_connection_id must be text; write it as 11111111-1111-1111-1111-111111111111\n"
        "9:94: id has no value; write one or remove the key",
    ),
    "a tenant's names": (
        ENTRY + "tenants:\n  Test: {}\n  test: {}\n  a b: {}\n  Nul: {}\n  aB1cD2eF3gH4iJ5kL6mN7oP8: {}\n",
        "10:3: the name of this tenant differs from an earlier name only by case; rename one\n"
        "11:3: the name of this tenant is not valid; use 1 to 64 letters, digits, - and _ (no spaces), starting with a letter or digit\n"
        "12:3: the name of this tenant is a reserved file name in Windows; choose another\n"
        f"13:3: the name of this tenant {TENANT_SECRET}",
    ),
    "a tenant that is text": (
        ENTRY + "tenants:\n  t: x\n",
        "9:6: this tenant must be a mapping; write keys such as id: and client_id: below its name",
    ),
    "a tenant without a value": (
        ENTRY + "tenants:\n  t:\n",
        "9:5: this tenant must be a mapping; write keys such as id: and client_id: below its name",
    ),
    "tenants that are a list": (
        ENTRY + "tenants:\n  - t\n",
        "9:3: tenants must be a mapping; write a name and a mapping for each tenant below it",
    ),
    "tenants without a value": (ENTRY + "tenants:\n", "8:9: tenants has no value; write one or remove the key"),
    "a tenant with duplicate keys and a time": (
        ENTRY + "tenants:\n  t: {id: x, id: y}\n  t: {}\n  u: {z: 1:30}\n",
        '9:11: id is not valid; write it as 11111111-1111-1111-1111-111111111111, or one of the tenant\'s domains such as '
        "contoso.onmicrosoft.com\n9:14: duplicate key, first on line 9; rename or remove one\n"
        "10:3: duplicate key, first on line 9; rename or remove one\n"
        f"11:7: this key is not valid; use one of: {TENANT_KEYS}\n"
        "11:10: this value needs quotes: other YAML readers read it as a number; put it in quotes",
    ),
    "no kind": ("name: c\nremediations:\n  m: {}\n", "3:3: kind is missing; add kind: interface-metric"),
    "a kind that is a list": ("name: c\nremediations:\n  m: {kind: [a]}\n", f"3:13: unknown kind a list; use one of: {ALL_KINDS}"),
    "an entry that is text": (
        "name: c\nremediations:\n  m: x\n",
        '3:6: m must be a mapping, not "x"; write keys and values below it',
    ),
    "no name": ("remediations: {}\n", "1:1: name is missing; add name: ..."),
    "no remediations": ("name: c\n", "1:1: remediations is missing; add remediations: with an entry below it"),
    "remediations is empty": (
        "name: c\nremediations:\n",
        "2:14: remediations has no value; write one",
    ),
    "metric 0": (
        ENTRY.replace("ipv4: 3", "ipv4: 0"),
        "7:11: ipv4 0 is not a valid metric; write a number from 1 to 9999 without quotes, or automatic",
    ),
    "a quoted metric": (
        ENTRY.replace("ipv4: 3", 'ipv4: "3"'),
        '7:11: ipv4 "3" is not a valid metric; write a number from 1 to 9999 without quotes, or automatic',
    ),
    "a metric of 10000": (ENTRY.replace("ipv4: 3", "ipv4: 10000"), f"7:11: ipv4 10000 {METRIC}"),
    "a metric of true": (ENTRY.replace("ipv4: 3", "ipv4: true"), f"7:11: ipv4 true {METRIC}"),
    "a metric of 3.0": (ENTRY.replace("ipv4: 3", "ipv4: 3.0"), f"7:11: ipv4 3.0 {METRIC}"),
    "an octal metric": (ENTRY.replace("ipv4: 3", "ipv4: 010"), f'7:11: ipv4 "010" {METRIC}'),
    "a metric below 1": (ENTRY.replace("ipv4: 3", "ipv4: 0.5"), f"7:11: ipv4 0.5 {METRIC}"),
    "a metric without a value": (
        ENTRY.replace("ipv4: 3", "ipv4:"),
        "7:10: ipv4 has no value; write one",
    ),
    "a typo in a scope": (
        ENTRY.replace("scope: user", "scope: usr"),
        '6:12: scope "usr" is not valid; did you mean "user"?',
    ),
    "no scope at all": (
        ENTRY.replace("scope: user", "scope: 7"),
        "6:12: scope 7 is not valid; write user, all-users or device",
    ),
    "a word of another setting": (
        ENTRY + "    stored: report\n",
        '8:13: stored "report" is not valid; write repair or ignore',
    ),
    "yes": (
        ENTRY + "    repair: yes\n",
        '8:13: repair must be true or false, not "yes"; write true',
    ),
    "an unquoted time": (
        LIST + "      - group: G\n        schedule: {every: 1 day, at: 06:30}\n",
        '10:38: 06:30 needs quotes: other YAML readers read it as a number; write "06:30"',
    ),
    "a time that is not valid and has no quotes": (
        LIST + "      - group: G\n        schedule: {every: 1 day, at: 25:00}\n",
        '10:38: at "25:00" is not a valid time of day; write it as "06:30"',
    ),
    "400 hours": (
        LIST + "      - {group: G, schedule: {every: 400 hours}}\n",
        '9:38: every "400 hours" is not a valid interval; write 1 to 23 hours, or days, e.g. 4 hours or 1 day',
    ),
    "4 hour": (LIST + "      - {group: G, schedule: {every: 4 hour}}\n", '9:38: every "4 hour" is not a valid interval; write 1 to 23 hours, or days, e.g. 4 hours or 1 day'),
    "an interval without a unit": (
        LIST + "      - {group: G, schedule: {every: 4}}\n",
        "9:38: every 4 is not a valid interval; write it as 4 hours",
    ),
    "a time without minutes": (
        LIST + "      - {group: G, schedule: {every: 1 day, at: 6}}\n",
        '9:49: at 6 is not a valid time of day; write it as "06:30"',
    ),
    "a schedule that is text": (
        LIST + "      - {group: G, schedule: 4 hours}\n",
        '9:30: schedule "4 hours" is not a valid schedule; write it as {every: 4 hours}',
    ),
    "a day that is a number": (
        LIST + '      - {group: G, schedule: {once: 20261201, at: "12:00"}}\n',
        "9:37: once 20261201 is not a valid date; write it as 2026-12-01",
    ),
    "a time with hours": (
        LIST + '      - {group: G, schedule: {every: 4 hours, at: "06:30"}}\n',
        "9:47: every N hours cannot be combined with at or utc; remove them, or use days",
    ),
    "days without a time": (
        LIST + "      - {group: G, schedule: {every: 1 day}}\n",
        '9:31: a schedule with days or once needs a time; add at: "06:30"',
    ),
    "no such time": (
        LIST + '      - {group: G, schedule: {every: 1 day, at: "25:00"}}\n',
        '9:49: at "25:00" is not a valid time of day; write it as "06:30"',
    ),
    "no such day": (
        LIST + '      - {group: G, schedule: {once: 2026-02-30, at: "12:00"}}\n',
        '9:37: once "2026-02-30" is not a valid date; write it as 2026-12-01',
    ),
    "both schedules": (
        LIST + '      - {group: G, schedule: {every: 1 day, once: 2026-12-01, at: "12:00"}}\n',
        "9:45: every and once cannot be combined; keep one",
    ),
    "neither schedule": (
        LIST + "      - {group: G, schedule: {}}\n",
        "9:30: a schedule needs every or once; add every: 4 hours",
    ),
    "no schedule": (
        LIST + "      - group: G\n",
        "9:9: an assignment needs a schedule; add schedule: {every: 4 hours}",
    ),
    "two targets": (
        LIST + "      - {group: G, all: users, schedule: {every: 1 hour}}\n",
        "9:20: all and group cannot be combined; write an assignment for each",
    ),
    "no target": (LIST + "      - {}\n", "9:9: an assignment needs a schedule; add schedule: {every: 4 hours}\n9:9: an assignment needs group, exclude or all; add one of them"),
    "an exclusion with a schedule": (
        LIST + "      - {exclude: G, schedule: {every: 1 hour}}\n",
        "8:5: all assignments are exclusions, so no device runs the package; add a group or all\n"
        "9:22: exclude cannot be combined with filter, filter_mode or schedule; remove them",
    ),
    "an exclusion with a filter": (
        LIST + "      - {exclude: G, filter: F}\n",
        "8:5: all assignments are exclusions, so no device runs the package; add a group or all\n"
        "9:22: exclude cannot be combined with filter, filter_mode or schedule; remove them",
    ),
    "a filter without a value": (
        LIST + "      - {all: users, filter: , schedule: {every: 1 hour}}\n",
        "9:30: filter has no value; write one or remove the key",
    ),
    "a filter mode alone": (
        LIST + "      - {group: G, filter_mode: exclude, schedule: {every: 1 hour}}\n",
        "9:20: filter_mode needs a filter; add filter or remove filter_mode",
    ),
    "included and excluded": (
        LIST + "      - {group: AOVPN, schedule: {every: 1 hour}}\n      - exclude: aovpn\n",
        '10:9: "aovpn" is both included and excluded; remove one',
    ),
    "listed twice": (
        LIST + "      - {group: G, schedule: {every: 1 hour}}\n      - {group: G, schedule: {every: 2 hours}}\n",
        '10:9: "G" is listed twice; remove one',
    ),
    "only exclusions": (
        LIST + "      - exclude: G\n",
        "8:5: all assignments are exclusions, so no device runs the package; add a group or all",
    ),
    "assignments that are a mapping": (
        ENTRY + "    assignments: {group: G}\n",
        "8:18: assignments must be a list, not a mapping; write each item on a line with - before it",
    ),
    "a group that is a number": (
        LIST + "      - {group: 7, schedule: {every: 1 hour}}\n",
        "9:17: group must be text, not 7; put it in quotes",
    ),
    "a group that is a list": (
        LIST + "      - {group: [A, B], schedule: {every: 1 hour}}\n",
        "9:17: group must be text, not a list; write a single text",
    ),
    "all devices twice": (
        LIST + "      - {all: devices, schedule: {every: 1 hour}}\n" * 2,
        '10:9: "all devices" is listed twice; remove one',
    ),
    "scope tags without one": (
        ENTRY + "    scope_tags: []\n",
        "8:17: scope_tags is empty; write a value or remove the key",
    ),
    "a scope tag that is a number": (ENTRY + "    scope_tags: [0]\n", "8:18: scope_tags must be text, not 0; put it in quotes"),
    "a group beside the assignments": (
        ENTRY + "    group: G\n",
        '8:5: unknown key "group"; group belongs in an assignment',
    ),
    "an empty group": (
        LIST + "      - {group: '', schedule: {every: 1 hour}}\n",
        '9:17: group is empty; write a value or remove the key',
    ),
    "an unknown key deep down": (
        LIST + "      - {group: G, schedule: {evry: 1 hour}}\n",
        '9:31: unknown key "evry"; did you mean "every"?',
    ),
    "a newline in a profile": (
        ENTRY.replace("VPN", '"a\\nb"'),
        '5:14: profile "a\\u000ab" contains the control character U+000A; remove it',
    ),
    "a profile of 300 characters": (
        ENTRY.replace("VPN", "x" * 300),
        f'5:14: profile "{"x" * 57}..." is too long (300 characters); a profile name has at most 255',
    ),
    "a slash in a profile": (
        ENTRY.replace("VPN", "a/b"),
        '5:14: profile "a/b" contains /; a profile name cannot contain \\ / : * ? " < > |',
    ),
    "a leading dot": (ENTRY.replace("VPN", ".x"), '5:14: profile ".x" starts with a dot; a profile name cannot start with one'),
    "a space at the end": (ENTRY.replace("VPN", "'x '"), '5:14: profile "x " starts or ends with a space; remove it'),
    "an empty profile": (
        ENTRY.replace("VPN", "''"),
        '5:14: profile "" is empty; write the name of the VPN connection',
    ),
    "the live half that only reports": (
        ENTRY + "    stored: ignore\n    repair: false\n",
        "8:5: with scope: user, stored: ignore needs live: repair, which runs as SYSTEM; set live: repair, or remove stored: ignore",
    ),
    "an interval of a second package that there is not": (
        ENTRY + "    live_every: 1 hour\n",
        "8:17: live_every needs scope: user, stored: repair and live: repair; correct them or remove it",
    ),
    "an interval of days for the second package": (
        ENTRY + "    live: repair\n    live_every: 1 day\n",
        '9:17: live_every "1 day" is not valid; write 1 to 23 hours, e.g. 1 hour',
    ),
    "an entry that is named as a second package": (
        ENTRY + "    live: repair\n  M-Live: {kind: rasman-privileges, privileges: windows}\n",
        '9:3: "M-Live" is the key of the second package of "m"; rename or remove one',
    ),
    "a key that is too long for a second package": (
        ENTRY.replace("  m:", f"  {'k' * 60}:") + "    live: repair\n",
        f'3:3: key "{"k" * 60}" is too long for its second package; use at most 59 characters',
    ),
    "a name that is too long for a second package": (
        ENTRY + f"    live: repair\n    name: {'n' * 250}\n",
        "9:11: with live: repair a name has at most 249 characters; shorten it",
    ),
    "the name of a second package that is used twice": (
        ENTRY + "    live: repair\n    name: N\n  n: {kind: rasman-privileges, privileges: windows, name: N (live)}\n",
        '9:5: display name "N (live)" is used more than once; give each remediation its own\n'
        '10:53: display name "N (live)" is used more than once; give each remediation its own',
    ),
    "a former key that is still there": (
        ENTRY + "    formerly: m\n",
        '8:15: formerly "m" is still a key in this file; remove one of the two',
    ),
    "a former key that is now that of a second package": (
        ENTRY + "    live: repair\n  n: {kind: rasman-privileges, privileges: windows, formerly: m-live}\n",
        '9:63: formerly "m-live" is still a key in this file; remove one of the two',
    ),
    "a former key of two entries": (
        ENTRY + "    live: repair\n    formerly: old\n  n: {kind: rasman-privileges, privileges: windows, formerly: old-live}\n",
        '10:63: formerly "old-live" is used twice; keep one of the two',
    ),
    "a former key that is no key": (
        ENTRY + "    formerly: a b\n",
        '8:15: formerly "a b" is not valid; use 1 to 64 letters, digits, - and _ (no spaces), starting with a letter or digit',
    ),
    "a route with host bits": (
        ROUTES + "      - 10.0.0.1/8\n",
        '8:9: prefix "10.0.0.1/8" has host bits set; write 10.0.0.0/8',
    ),
    "a route twice in two spellings": (
        ROUTES + "      - 2001:db8::/48\n      - 2001:DB8:0::/48\n",
        "9:9: route 2001:db8::/48 is listed twice; remove one",
    ),
    "nothing to check": (
        ENTRY.replace("user", "device") + "    stored: ignore\n    live: ignore\n",
        "9:5: stored: ignore and live: ignore leave nothing to check; set one of them to repair",
    ),
    "nothing to repair": (
        ENTRY.replace("user", "device") + "    stored: ignore\n    live: report\n",
        "9:5: nothing is repaired here; set stored or live to repair, or add repair: false",
    ),
    "an absent profile with a repair": (
        ENTRY + "    when_absent: issue\n",
        "8:5: when_absent: issue needs repair: false; a script cannot create a missing profile",
    ),
    "an absent profile without a phonebook": (
        ENTRY + "    stored: ignore\n    live: repair\n    repair: false\n    when_absent: issue\n",
        "11:5: when_absent: issue needs stored: repair; only the phonebook shows whether a profile exists",
    ),
    "run_as": (ENTRY + "    run_as: user\n", '8:5: unknown key "run_as"; scope decides the account; only the kind custom has run_as'),
    "a secret": (
        "client_secret: hunter2\n" + ENTRY,
        f'1:1: "client_secret" {SECRET}',
    ),
    "a secret deep down": (ENTRY + "defaults: {apiKey: hunter2}\n", f'8:12: "apiKey" {SECRET}'),
    "a secret where the kind is missing": (
        "name: c\nremediations:\n  m: {password: hunter2}\n",
        f'3:3: kind is missing; add kind: interface-metric\n3:7: "password" {SECRET}',
    ),
    "a bad name": (
        ENTRY.replace("contoso", "con/toso"),
        '1:7: name "con/toso" is not valid; use 1 to 64 letters, digits, - and _ (no spaces), starting with a letter or digit',
    ),
    "a bad key": (ENTRY.replace("  m:", "  ../m:"), '3:3: key "../m" is not valid; use 1 to 64 letters, digits, - and _ (no spaces), starting with a letter or digit'),
    "a reserved key": (
        ENTRY.replace("  m:", "  nul:"),
        '3:3: key "nul" is a reserved file name in Windows; choose another',
    ),
    "keys that differ by case": (
        ENTRY + "  M: {kind: interface-metric, profile: W, scope: user, ipv4: 3}\n",
        '8:3: key "M" differs from "m" only by case; rename one',
    ),
    "a display name used twice": (
        ENTRY + "    name: N\n  n: {kind: interface-metric, profile: W, scope: user, ipv4: 3, name: N}\n",
        '8:5: display name "N" is used more than once; give each remediation its own\n'
        '9:65: display name "N" is used more than once; give each remediation its own',
    ),
    "a control character in a name": (
        ENTRY + '    name: "a\\u001bb"\n',
        '8:11: name "a\\u001bb" contains the control character U+001B; remove it',
    ),
    "a long description": (
        ENTRY + f"    description: {'x' * 1001}\n",
        f'8:18: description "{"x" * 57}..." is too long; the limit is 1000 characters',
    ),
    "a marker in a description": (
        ENTRY + "    description: |\n      x\n      [aovpn-remediate a/b 0123456789abcdef]\n",
        '8:18: description "x\\u000a[aovpn-remediate a/b 0123456789abcdef]\\u000a" ends with an ownership marker; '
        "remove it, remediate writes its own",
    ),
    "a tenant id": (
        ENTRY + "tenants:\n  t: {id: x, client_id: y}\n",
        "9:11: id is not valid; write it as 11111111-1111-1111-1111-111111111111, or one of the tenant's domains such as "
        "contoso.onmicrosoft.com\n9:25: client_id is not valid; write it as 11111111-1111-1111-1111-111111111111",
    ),
    "empty": ("", "1:1: the file is empty; remediate docs config shows an example"),
    "only a comment": ("# nothing\n", "1:1: the file is empty; remediate docs config shows an example"),
    "a list": ("- a\n", "1:1: the file is a list; it must start with keys such as name: and remediations:"),
    "a word": ("hello\n", '1:1: the file is "hello"; it must start with keys such as name: and remediations:'),
    "not UTF-8": (b"name: c\nx: \xff\n", "2:4: byte 0xFF is not UTF-8; save the file as UTF-8"),
    "UTF-16": ("name: c".encode("utf-16"), "1:1: is saved as UTF-16; save the file as UTF-8"),
    "UTF-16 without a mark": ("name: c".encode("utf-16-le"), "1:1: is saved as UTF-16; save the file as UTF-8"),
    "UTF-16 with the high byte first": (ENTRY.encode("utf-16-be"), "1:1: is saved as UTF-16; save the file as UTF-8"),
    "a quoted true": (ENTRY + '    repair: "true"\n', '8:13: repair must be true or false, not "true"; write true without quotes'),
    "Off": (ENTRY + "    repair: Off\n", '8:13: repair must be true or false, not "Off"; write false'),
    "a number for a boolean": (ENTRY + "    repair: 7\n", "8:13: repair must be true or false, not 7; write one of them"),
    "single values and keys that do not fit together": (
        ENTRY.replace("3", "0") + "    when_absent: issue\n    assignments:\n      - {group: 7, schedule: {}}\n"
        "      - {group: G, schedule: {every: 1 day}}\n      - {exclude: g}\n",
        f"7:11: ipv4 0 {METRIC}\n8:5: when_absent: issue needs repair: false; a script cannot create a missing profile\n"
        "10:17: group must be text, not 7; put it in quotes\n10:30: a schedule needs every or once; add every: 4 hours\n"
        '11:31: a schedule with days or once needs a time; add at: "06:30"\n12:9: "g" is both included and excluded; remove one',
    ),
    "routes that do not fit together": (
        ROUTES + "      - {prefix: 10.0.0.1/8}\n      - 10.1.0.0/16\n      - {prefix: 10.1.0.0/16, exclude: true}\n      - 10.1.0.0/16\n",
        "8:18: prefix \"10.0.0.1/8\" has host bits set; write 10.0.0.0/8\n"
        "10:9: exclude needs exclusions: write, or repair: false; Windows has no command for exclusions\n"
        "10:9: route 10.1.0.0/16 is listed twice; remove one\n11:9: route 10.1.0.0/16 is listed twice; remove one",
    ),
    "a null byte": (b"name: c\0\n", "1:8: contains the control character U+0000; remove it"),
    "a control character": (b"name: c\n# \x1b\n", "2:3: contains the control character U+001B; remove it"),
    "two documents": ("name: c\n---\nname: d\n---\n", "2:1: a second document starts here; keep one"),
    "an alias": ("a: &x 1\nb: *x\n", "2:4: an alias, a word after *, is not accepted; write the value instead, or quote a text that starts with *"),
    "a tag": ("a: !!python/object:os.system x\n", '1:4: a tag, a word after !, is not accepted; remove it, or quote a text that starts with !'),
    "a merge key": (ENTRY + "    <<: {a: 1}\n", '8:5: unknown key "<<"; merge keys are not accepted, write the keys out'),
    "a bomb": (
        "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
        "2:8: an alias, a word after *, is not accepted; write the value instead, or quote a text that starts with *\n2:12: an alias, a word after *, is not accepted; write the value instead, or quote a text that starts with *\n"
        "3:5: an alias, a word after *, is not accepted; write the value instead, or quote a text that starts with *\n3:9: an alias, a word after *, is not accepted; write the value instead, or quote a text that starts with *",
    ),
    "deep": ("a: " + "[" * 5000 + "\n", "1:1003: is nested more than 20 levels deep; remove some of them"),
    "deep, but not that deep": ("a: " + "[" * 30 + "\n", "1:23: is nested more than 20 levels deep; remove some of them"),
    "a complex key": ("? [a]\n: 1\n" + ENTRY, "1:3: a key must be one word, not a list or a mapping; write one word"),
    "a tab after a dash": (LIST + "      -\tgroup: G\n\t\tschedule: x\n", "9:8: this line is indented with a tab; use spaces"),
    "not YAML": ("a: b: c\n", f"1:5: is not valid YAML (mapping values are not allowed in this context); {WRONG_INDENT}"),
    "a colon without a space": (
        "- a: 1\n  b:2\n  c: 3\n",
        "3:3: is not valid YAML (could not find expected ':'); a space may be missing after a colon",
    ),
    "an open quote": (
        'name: c\na: "b\nc: d\n',
        "4:1: is not valid YAML (found unexpected end of stream); the quoted text that starts on line 2 has no closing quote",
    ),
    "an escape that YAML does not have": (
        'a: "\\q"\n',
        "1:5: is not valid YAML (found unknown escape character); use single quotes around a text with \\",
    ),
    "an open bracket": ("a: [1\n", "2:1: is not valid YAML (did not find expected ',' or ']'); check this line and the line before"),
    "20 MB": (b"x" * 20_000_000, "1:1: is larger than 1,000,000 bytes; make it smaller"),
}  # fmt: skip
