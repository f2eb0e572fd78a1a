"""Client files with a mistake each, and the problems that are reported: line, column, text."""

from __future__ import annotations

EXITS = "exits: [0, 0, 0, 0]"


def client(parts: str) -> str:
    """A file of one case whose client has these parts; the first of them is at 1:22."""
    return f"- {{case: a, before: {{{parts}}}, {EXITS}}}\n"


def after(parts: str) -> str:
    """A file of one case with these parts after the repair; the first of them is at 1:33."""
    return f"- {{case: a, before: {{}}, after: {{{parts}}}, {EXITS}}}\n"


def entry(parts: str) -> str:
    """A file with one entry in the user's phonebook; its first key is at 1:42."""
    return client(f"phonebooks: {{user: [{{{parts}}}]}}")


def registry(parts: str) -> str:
    """A file with one registry key; its first value is at 1:46."""
    return client(f"registry: {{'HKLM:\\X': {{{parts}}}}}")


ROUTE = "is not a valid route; write it as 10.0.0.0/8 or 10.1.0.0/16@5"
STORED = "must be a number, text or null; write one of them"
LIVE = "is not a valid metric; write a number, automatic or null"
DATA = "is not registry data; write text in quotes, a list of texts, a 32-bit number, or !!binary"
PATH = "is not a path below the client's folder; write it as ProgramData/Contoso/vpn.log"
KEY = r"is not a registry key; write it as HKLM:\SOFTWARE\X"
BOOK = "which is not described; add it to phonebooks"
BAD_CLIENTS: dict[str, tuple[str, list[str]]] = {
    "not a list": ("x: 1", ["1:1: the file must be a list of cases, not a mapping; start each case with - case: NAME"]),
    "an empty list": ("[]", ["1:1: the file must be a list of cases, not a list; start each case with - case: NAME"]),
    "empty": ("", ["1:1: the file is empty; remediate docs clients shows an example"]),
    "a case that is a number": ("- 1", ["1:3: a case must be a mapping, not 1; start it with case: NAME"]),
    "not YAML": ("- a: [\n", ["2:1: is not valid YAML (did not find expected node content); check this line and the line before"]),
    "only a name": ("- {case: a}", ["1:3: before is missing; add before: {} for an empty client", "1:3: exits is missing; add exits: [1, 0, 0, 0], or says"]),
    "no name": (f"- {{before: {{}}, {EXITS}}}", ["1:3: case is missing; add case: NAME"]),
    "an unknown key": (f"- {{case: a, before: {{}}, {EXITS}, more: 1}}", ['1:46: unknown key "more"; use one of: after, before, case, exits, says, then']),
    "a key twice": (f"- {{case: a, case: b, before: {{}}, {EXITS}}}", ['1:13: duplicate key "case", first on line 1; rename or remove one']),
    "a name twice": (client("") + client(""), ['2:10: there is another case "a"; give each case its own name']),
    "a condition": (f"- {{case: a, before: {{}}, when: {{live: repair}}, {EXITS}}}", ['1:25: unknown key "when"; only the cases of the built-in kinds have it, remove it']),
    "a client that is a number": (f"- {{case: a, before: 3, {EXITS}}}", ["1:21: before must be a mapping, not 3; write keys and values below it"]),
    "a client that is a list": (f"- {{case: a, before: {{}}, after: [], {EXITS}}}", ["1:32: after must be a mapping, not a list; write keys and values below it"]),
    "one exit": ("- {case: a, before: {}, exits: 0}", ["1:32: exits 0 is not a valid list of exit codes; write it as [1, 0, 0, 0]"]),
    "an exit that is a word": ("- {case: a, before: {}, exits: [x, true, 0, 0]}", ['1:33: exits "x" is not a valid list of exit codes; write it as [1, 0, 0, 0]', "1:36: exits true is not a valid list of exit codes; write it as [1, 0, 0, 0]"]),
    "too few exits": ("- {case: a, before: {}, exits: [1, 0]}", ["1:32: exits describes 2 of 4 runs; write one value for each run"]),
    "no exit after what follows": (f"- {{case: a, before: {{}}, {EXITS}, then: restart}}", ["1:32: exits describes 4 of 5 runs; write one value for each run"]),
    "no states": ("- {case: a, before: {}, says: ''}", ["1:31: says describes 0 of 4 runs; write one value for each run"]),
    "an unknown state": ("- {case: a, before: {}, says: isue fixed healthy well}", ['1:31: says "isue" is not valid; did you mean "issue"?', '1:31: says "well" is not valid; write healthy, issue, pending, absent, unknown, fixed or failed']),
    "states that are a number": ("- {case: a, before: {}, says: 1}", ["1:31: says 1 is not a valid list of states; write it as issue fixed healthy healthy"]),
    "an unknown next step": (f"- {{case: a, before: {{}}, then: dance, {EXITS}}}", ['1:31: then "dance" is not valid; write reconnect, restart or shut down', "1:45: exits describes 4 of 5 runs; write one value for each run"]),
    "an unknown part": (client("phonebok: {}"), ['1:22: unknown key "phonebok"; did you mean "phonebooks"?']),
    "a part without a value": (client("routes: "), ["1:30: routes has no value; write one or remove the key"]),
    "phonebooks in a list": (client("phonebooks: []"), ["1:34: phonebooks must be a mapping, not a list; write keys and values below it"]),
    "an unknown phonebook": (client("phonebooks: {devices: []}"), ['1:35: phonebooks "devices" is not a phonebook; did you mean "device"?']),
    "a phonebook outside": (client("phonebooks: {user ../../x: []}"), ['1:35: phonebooks "user ../../x" is not a phonebook; write user, all-users, device, hidden, app, or user NAME']),
    "a phonebook that is text": (client("phonebooks: {user: x}"), ['1:41: user must be a list, not "x"; write each item on a line with - before it']),
    "an entry that is text": (client("phonebooks: {user: [x]}"), ['1:42: user must be a mapping, not "x"; write keys and values below it']),
    "an entry without a name": (entry("ipv4: 3"), ["1:42: name is missing; add name: NAME"]),
    "a typo in an entry": (entry("nam: x"), ['1:43: unknown key "nam"; did you mean "name"?']),
    "a name that is a list": (entry("name: [x]"), ["1:49: name must be text, or !!binary for bytes; put it in quotes"]),
    "a stored metric that is a list": (entry("name: x, ipv4: [3]"), [f"1:58: ipv4 {STORED}"]),
    "stored routes that are not networks": (entry("name: x, routes: [10.0.0.0/33, '!x', 5]"), [f'1:61: routes "10.0.0.0/33" {ROUTE}', f'1:74: routes "!x" {ROUTE}', "1:80: routes must be text, not 5; put it in quotes"]),
    "a route's metric below 0": (entry("name: x, routes: ['10.0.0.0/8@-1', '10.0.0.0/8@']"), ['1:61: routes "10.0.0.0/8@-1" has no valid metric after @; write a number, e.g. @5', '1:78: routes "10.0.0.0/8@" has no valid metric after @; write a number, e.g. @5']),
    "a line that is a number": (entry("name: x, last: [1]"), ["1:59: last must be text, not 1; put it in quotes"]),
    "an interface that is a number": (client("interfaces: [1]"), ["1:35: interfaces must be a mapping, not 1; write keys and values below it"]),
    "an interface without a name": (client("interfaces: [{ipv4: 3}]"), ["1:35: alias is missing; add alias: NAME"]),
    "a live metric": (client("interfaces: [{alias: V, ipv4: auto, ipv6: -1}]"), [f'1:52: ipv4 "auto" {LIVE}', f"1:64: ipv6 -1 {LIVE}"]),
    "an index of 0": (client("interfaces: [{alias: V, index: 0}]"), ["1:53: index 0 is out of range; write a number of at least 1"]),
    "live routes that are not networks": (after("routes: [1, 10.0.0.1/8]"), ["1:42: routes must be text, not 1; put it in quotes", f'1:45: routes "10.0.0.1/8" {ROUTE}']),
    "a network of another category": (client("networks: [{name: x, interface: y, category: Work}]"), ['1:67: category "Work" is not valid; write Public, Private or DomainAuthenticated']),
    "a network without an interface": (client("networks: [{name: x}]"), ["1:33: interface is missing; add interface: NAME"]),
    "hosts that are text": (client("reachable: dc01"), ['1:33: reachable must be a list, not "dc01"; write each item on a line with - before it']),
    "a port that YAML reads as a time": (client("reachable: [1:30]"), ['1:34: 1:30 needs quotes: other YAML readers read it as a number; write "1:30"']),
    "a file outside": (client("files: {'../x': a, C:\\x: b, /x: c}"), [f'1:30: files "../x" {PATH}', f'1:41: files "C:\\x" {PATH}', f'1:50: files "/x" {PATH}']),
    "a file in the place of a folder": (client("files: {a: x, a/b: y, ProgramData: z}"), ['1:30: "a" is a folder of this client; name a file in it', '1:44: "ProgramData" is a folder of this client; name a file in it']),
    "a file below a phonebook": (client("phonebooks: {user: []}, files: {Users/jdoe/AppData/Roaming/Microsoft/Network/Connections/Pbk/rasphone.pbk/x: a}"), ['1:54: "Users/jdoe/AppData/Roaming/Microsoft/Network/Connections/..." is below a phonebook, which is a file; name another path']),
    "a file that is a number": (client("files: {a: 1}"), ["1:33: a 1 must be text, or !!binary for bytes; put it in quotes"]),
    "binary data that is not Base64": (client("files: {a: !!binary x}"), ["1:33: !!binary needs Base64 text; write it as !!binary AAE="]),
    "another tag": (client("files: {a: !!python/name:os x}"), ['1:33: a tag, a word after !, is not accepted; remove it, or quote a text that starts with !']),
    "a registry key without a colon": (client("registry: {HKLM\\X: {}}"), [f'1:33: registry "HKLM\\X" {KEY}']),
    "a registry key that is a list": (client("registry: {'HKLM:\\X': []}"), ["1:44: HKLM:\\X must be a mapping, not a list; write keys and values below it"]),
    "a registry value of no type": (registry("A: true, B: 1.5, C: {}, D: [1], E: 99999999999"), [f"1:48: A true {DATA}", f"1:57: B 1.5 {DATA}", f"1:65: C {DATA}", f"1:72: D {DATA}", f"1:80: E 99999999999 {DATA}"]),
    "a registry value without data": (registry("A: "), ["1:48: A null is not registry data; write text in quotes, a list of texts, a 32-bit number, or !!binary"]),
    "a registry value twice": (registry("A: 1, a: 2"), ['1:51: registry value "a" differs from "A" only by case; remove one']),
    "a registry key twice": (client("registry: {'HKLM:\\X': {}, 'hklm:\\x': {}}"), ['1:48: registry key "hklm:\\x" differs from "HKLM:\\X" only by case; remove one']),
    "denied without a colon": (client("denied: ['HKLM\\X', 5]"), [f'1:31: denied "HKLM\\X" {KEY}', "1:41: denied must be text, not 5; put it in quotes"]),
    "denied that is text": (client("denied: 'HKLM:\\X'"), ['1:30: denied must be a list, not "HKLM:\\X"; write each item on a line with - before it']),
    "a service that is text": (client("services: {RasMan: stopped}"), ['1:41: RasMan must be a mapping, not "stopped"; write keys and values below it']),
    "a service that hangs": (client("services: {RasMan: {state: Hung}}"), ['1:49: state "Hung" is not valid; write Running, Stopped, Start Pending or Stop Pending']),
    "a service that starts in the far future": (client("services: {RasMan: {started: 99999999999}}"), ["1:51: started 99999999999 is out of range; write a number of at most 5256000"]),
    "a service with a typo": (client("services: {RasMan: {privilege: []}}"), ['1:42: unknown key "privilege"; did you mean "privileges"?']),
    "a key that looks like a secret": (client("tokens: {}"), ['1:22: unknown key "tokens"; use one of: account, build, changes, culture, denied, disk, events, faults, files, interfaces, language, link, locked, networks, phonebooks, planted, reachable, registry, routes, services, switches']),
    "a build that is a word": (client("build: x"), ['1:29: build "x" is not a Windows build; write a number, e.g. 22631']),
    "a culture in words": (client("culture: german"), ['1:31: culture "german" is not a culture; write it as de-DE']),
    "an unknown language mode": (client("language: Constrained"), ['1:32: language "Constrained" is not valid; did you mean "ConstrainedLanguage"?']),
    "another account": (client("account: wrong"), ['1:31: account "wrong" is not valid; write other']),
    "an unknown event": (after("events: [rebooted]"), ['1:42: events "rebooted" is not an event; write e.g. service RasMan restarted, connection NAME dropped or Windows restarted']),
    "faults in a list": (client("faults: [Get-NetRoute]"), ["1:30: faults must be a mapping, not a list; write keys and values below it"]),
    "a fault that is a number": (client("faults: {Get-NetRoute: 5}"), ["1:45: Get-NetRoute must be text, not 5; put it in quotes"]),
    "a disk that is half full": (client("disk: half"), ['1:28: disk "half" is not valid; write full']),
    "an unknown switch": (client("switches: [refusesRoute]"), ['1:33: switches "refusesRoute" is not valid; did you mean "refusesRoutes"?']),
    "a lock of a missing phonebook": (client("locked: {user: 2}"), [f'1:31: locked names the phonebook "user", {BOOK}']),
    "a lock for words": (client("phonebooks: {user: []}, locked: {user: x}"), ['1:61: user must be a whole number, not "x"; write it without quotes']),
    "a link in place of a missing phonebook": (client("phonebooks: {device: []}, link: user"), [f'1:54: link names the phonebook "user", {BOOK}']),
    "a change without a place": (client("phonebooks: {device: []}, changes: {device: {}}"), ["1:58: adds is missing; add adds: [{name: NAME}]", "1:58: at is missing; add at: COMMAND"]),
    "a link that is gone afterwards": (f"- {{case: a, before: {{phonebooks: {{user: []}}, link: user}}, after: {{phonebooks: {{}}}}, {EXITS}}}", [f'1:52: link names the phonebook "user", {BOOK}']),
    "a part that contains itself": (f"- {{case: a, before: &x {{files: *x}}, {EXITS}}}", ["1:21: is nested more than 20 levels deep; remove some of them, or an alias that contains itself"]),
    "a bomb": ("- &a [x, x, x, x, x, x, x, x]\n" + "".join(f"- &{name} [{', '.join([f'*{old}'] * 8)}]\n" for old, name in zip("abcdefgh", "bcdefghi", strict=True)), ["1:22: has more than 200,000 values; use fewer aliases"]),
    "text that is not valid text": (registry('A: "\\ud800"'), ["1:51: is not valid YAML (found invalid Unicode character escape code); check this line and the line before"]),
    "two names of one phonebook": (client("phonebooks: {device: [], all-users: []}"), ['1:47: "all-users" and "device" are the same phonebook; use one of them']),
    "the signed-in user twice": (after("phonebooks: {user: [], user jdoe: []}"), ['1:56: "user jdoe" and "user" are the same phonebook; use one of them']),
    "a fault of an alias": (client("faults: {gsv: x, GCI: x}"), ['1:31: faults "gsv" is an alias; write Get-Service', '1:39: faults "GCI" is an alias; write Get-ChildItem']),
    "a change at an alias": (client("phonebooks: {user: []}, changes: {user: {at: gc, adds: []}}"), ['1:67: at "gc" is an alias; write Get-Content']),
    "events before the first run": (client("events: [service RasMan restarted]"), ["1:22: events is for after only: nothing has happened before the first run; remove it"]),
    "a live route without a length": (client("routes: [10.0.0.0]"), ['1:31: routes "10.0.0.0" has no prefix length; add one, e.g. 10.0.0.0/32 for a single address']),
    "a stored route without a length": (entry("name: x, routes: ['!10.0.0.0@5']"), ['1:61: routes "!10.0.0.0@5" has no prefix length; add one, e.g. 10.0.0.0/32 for a single address']),
    "a service with an unknown privilege": (client("services: {RasMan: {privileges: [SeFoo, SeTcbPriv]}}"), ['1:55: privileges "SeFoo" is not a Windows privilege; write one as SeTcbPrivilege', '1:62: privileges "SeTcbPriv" is not a Windows privilege; did you mean "SeTcbPrivilege"?']),
    "a part beside before": (f"- {{case: a, before: {{}}, faults: {{Get-NetRoute: x}}, {EXITS}}}", ['1:25: unknown key "faults"; faults is a part of a client; write it inside before:']),
    "events beside after": (f"- {{case: a, before: {{}}, events: [Windows restarted], {EXITS}}}", ['1:25: unknown key "events"; events is a part of a client; write it inside after:']),
    "several problems": ("- {case: a, before: {build: x, disk: ful}, says: isue, then: dance}\n- 1\n", [
        '1:29: build "x" is not a Windows build; write a number, e.g. 22631',
        '1:38: disk "ful" is not valid; did you mean "full"?',
        '1:50: says "isue" is not valid; did you mean "issue"?',
        "1:50: says describes 1 of 5 runs; write one value for each run",
        '1:62: then "dance" is not valid; write reconnect, restart or shut down',
        "2:3: a case must be a mapping, not 1; start it with case: NAME",
    ]),
}  # fmt: skip
