"""A client described in a few words, as cases and client files do; every part may be missing.

phonebooks: {device: [{name: VPN, ipv4: 0, ipv6: 25, routes: [10.0.0.0/8, 10.1.0.0/16@5]}]}
                                       also user, all-users, hidden, app, and user NAME for another user
interfaces: [{alias: VPN, ipv4: automatic, ipv6: 3, index: 23}]
routes: [10.0.0.0/8, 10.1.0.0/16@5]    of the connected interface 23
networks: [{name: Cafe, interface: Ethernet, category: Public}]
reachable: [dc01.corp.contoso.com, 'dc01.corp.contoso.com:389']    by a ping, and a connection to a port
files: {ProgramData/Contoso/vpn.log: a text}    below the client's folder; !!binary for bytes
registry: {'HKLM:\\SOFTWARE\\X': {Text: a, List: [a, b], Number: 1, Bytes: !!binary AAE=}}
services: {RasMan: {started: -60, shared: false, privileges: [SeTcbPrivilege], state: Stop Pending}}
                                       started is minutes from now
build: 22631                           of Windows
events: [service RasMan restarted]     what happened to the client
faults: {Get-NetIPInterface: a text}   calls that fail
planted: {ProgramData/Contoso/x.log: a text}    files that a standard user has made, and owns
denied: ['HKLM:\\SOFTWARE\\X']         registry keys that cannot be read or written
disk: full
locked: {device: 2}                    phonebooks that another program locks for so many tries
changes: {device: {at: Write-PhonebookText, adds: [{name: New}]}}
                                       another program adds entries when the script calls a command
link: device                           a link is in the place of this phonebook
switches: [refusesRoutes]              assumptions that Windows has not confirmed
culture: tr-TR, language: ConstrainedLanguage, account: other
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from aovpn_remediate.client.values import (
    Build,
    Command,
    Content,
    Culture,
    EntryName,
    Event,
    FilePath,
    LiveMetric,
    LiveRoute,
    Privilege,
    RegistryData,
    RegistryKey,
    Scope,
    StoredMetric,
    StoredRoute,
    Switch,
    Word,
)
from aovpn_remediate.documents.strict import StrictPart

TEN_YEARS = 5_256_000
"""Minutes."""


class EntryDescription(StrictPart):
    """An entry of a phonebook; a metric of null leaves its key out.

    ``keys`` are more keys of the first block, or other values of its keys; null leaves one out.
    """

    nullable = frozenset({"ipv4", "ipv6", "kind"})

    name: EntryName
    ipv4: StoredMetric = 0
    ipv6: StoredMetric = 0
    kind: int | None = 2
    encoding: bool = True
    keys: dict[Word, StoredMetric] = Field(default_factory=dict)
    last: list[str] = Field(default_factory=list)
    routes: list[StoredRoute] = Field(default_factory=list)
    time: int = 0


class InterfaceDescription(StrictPart):
    """A live interface; a metric of null leaves its address family out."""

    nullable = frozenset({"ipv4", "ipv6"})

    alias: Word
    ipv4: LiveMetric = None
    ipv6: LiveMetric = None
    index: Annotated[int, Field(ge=1)] = 23
    state: Literal["Connected", "Disconnected"] = "Connected"


class NetworkDescription(StrictPart):
    """The network that an interface is in."""

    name: Word
    interface: Word
    category: Literal["Public", "Private", "DomainAuthenticated"] = "Public"


class ServiceDescription(StrictPart):
    """A service; without ``privileges`` it has all."""

    nullable = frozenset({"privileges"})

    started: Annotated[float, Field(ge=-TEN_YEARS, le=TEN_YEARS)] = -60
    shared: bool = False
    privileges: list[Privilege] | None = None
    state: Literal["Running", "Stopped", "Start Pending", "Stop Pending"] = "Running"


class ChangeDescription(StrictPart):
    """What another program adds to a phonebook, once, when the script calls a command."""

    at: Command
    adds: list[EntryDescription]


class Description(StrictPart):
    """A client; what is not described is as Windows has it."""

    phonebooks: dict[Scope, list[EntryDescription]] = Field(default_factory=dict)
    interfaces: list[InterfaceDescription] = Field(default_factory=list)
    routes: list[LiveRoute] = Field(default_factory=list)
    networks: list[NetworkDescription] = Field(default_factory=list)
    reachable: list[Word] = Field(default_factory=list)
    files: dict[FilePath, Content] = Field(default_factory=dict)
    planted: dict[FilePath, Content] = Field(default_factory=dict)
    registry: dict[RegistryKey, dict[str, RegistryData]] = Field(default_factory=dict)
    services: dict[Word, ServiceDescription] = Field(default_factory=dict)
    build: Build = 22631
    events: list[Event] = Field(default_factory=list)
    faults: dict[Command, str] = Field(default_factory=dict)
    denied: list[RegistryKey] = Field(default_factory=list)
    disk: Literal["full"] | None = None
    locked: dict[Scope, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)
    changes: dict[Scope, ChangeDescription] = Field(default_factory=dict)
    link: Scope | None = None
    switches: list[Switch] = Field(default_factory=list)
    culture: Culture = "en-US"
    language: Literal["FullLanguage", "ConstrainedLanguage"] = "FullLanguage"
    account: Literal["other"] | None = None

    def after(self, changed: Description) -> Description:
        """Return this client with the parts that another description gives; each part is given completely.

        What other programs do to phonebooks is over then.
        """
        given = {name: getattr(changed, name) for name in changed.model_fields_set}
        return self.model_copy(update={"locked": {}, "changes": {}} | given)
