"""Microsoft's clouds: which login service and which Graph belong together; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from aovpn_remediate.errors import UsageError
from aovpn_remediate.graph.url import is_loopback, origin, service_root
from aovpn_remediate.wording import any_of


@dataclass(frozen=True)
class Cloud:
    """A cloud: the hosts of its login service (the first is used) and of its Graph."""

    name: str
    logins: tuple[str, ...]
    graph_host: str

    @property
    def graph(self) -> str:
        """The service root of Graph, which is also the resource that a token is for."""
        return f"https://{self.graph_host}"


# Source: Microsoft Graph documentation, national cloud deployments.
CLOUDS = {
    cloud.name: cloud
    for cloud in (
        Cloud("public", ("login.microsoftonline.com",), "graph.microsoft.com"),
        Cloud("usgov", ("login.microsoftonline.us",), "graph.microsoft.us"),
        Cloud("usgov-dod", ("login.microsoftonline.us",), "dod-graph.microsoft.us"),
        Cloud(
            "china",
            ("login.partner.microsoftonline.cn", "login.chinacloudapi.cn"),
            "microsoftgraph.chinacloudapi.cn",
        ),
    )
}
# Source: the azurerm and azuread providers of Terraform.
_ARM_ENVIRONMENTS = {
    "public": "public",
    "usgovernment": "usgov",
    "usgov": "usgov",
    "dod": "usgov-dod",
    "china": "china",
}


@dataclass(frozen=True)
class Hosts:
    """Where to sign in and where the token goes: two service roots, with what decided the cloud."""

    cloud: Cloud
    login: str
    graph: str
    source: str

    @property
    def scope(self) -> str:
        """The scope of a token for an app; loopback gets the tokens of the cloud's Graph."""
        return f"{self.cloud.graph}/.default"

    def is_login(self, url: str) -> bool:
        """Whether an address is that of this login service; Microsoft's own may name each other."""
        try:
            found = origin(url)
        except ValueError:
            return False
        if found == origin(self.login):
            return True
        microsofts = {("https", host, 443) for cloud in CLOUDS.values() for host in cloud.logins}
        return not is_loopback(self.login) and found in microsofts


def choose_hosts(
    environment: Mapping[str, str], *, option: str = "", tenant_cloud: str = "", graph_url: str | None = None
) -> Hosts:
    """Return the hosts that options, config and environment ask for.

    Raises ``UsageError`` for a host that is neither Microsoft's nor loopback, and for a login service on
    loopback beside a real Graph.
    """
    login = _login_root(environment.get("AZURE_AUTHORITY_HOST", "").strip())
    name, source = _cloud_name(environment, option, tenant_cloud, login)
    cloud = CLOUDS[name]
    graph = _graph_root(graph_url, cloud)
    if not login or not (is_loopback(login) or _host(login) in cloud.logins):
        login = f"https://{cloud.logins[0]}"
    if is_loopback(login) and not is_loopback(graph):
        raise UsageError(
            f"AZURE_AUTHORITY_HOST: a login service on this computer cannot sign in to {graph}; "
            "remove the variable, or add --graph-url http://127.0.0.1:PORT of a simulator"
        )
    return Hosts(cloud, login, graph, source)


def is_simulated(graph_url: str | None) -> bool:
    """Whether the address is loopback; raises ``UsageError`` for an invalid one."""
    return graph_url is not None and is_loopback(service_root(graph_url))


def _cloud_name(
    environment: Mapping[str, str], option: str, tenant_cloud: str, login: str
) -> tuple[str, str]:
    for given, source in ((option, "--cloud"), (tenant_cloud, "config")):
        if given:
            if given not in CLOUDS:
                raise UsageError(f"{source}: the cloud is not known; write {any_of(CLOUDS)}")
            return given, source
    if login and not is_loopback(login):
        return _cloud_of_login(_host(login)), "AZURE_AUTHORITY_HOST"
    arm = environment.get("ARM_ENVIRONMENT", "").strip().casefold()
    if arm:
        if arm not in _ARM_ENVIRONMENTS:
            raise UsageError(f"ARM_ENVIRONMENT: the cloud is not known; write {any_of(_ARM_ENVIRONMENTS)}")
        return _ARM_ENVIRONMENTS[arm], "ARM_ENVIRONMENT"
    return "public", "default"


def _login_root(text: str) -> str:
    """The root of AZURE_AUTHORITY_HOST, which is a bare host or an https address; empty if it is not set."""
    if not text:
        return ""
    url = text if "://" in text else f"https://{text}"
    try:
        parts = urlsplit(url)
        is_root = (
            parts.path in ("", "/") and not parts.query and not parts.fragment and "@" not in parts.netloc
        )
        is_root = is_root and parts.scheme == "https" and parts.port != 0
        known = parts.hostname in {host for cloud in CLOUDS.values() for host in cloud.logins}
    except ValueError:
        is_root = known = False
        parts = urlsplit("")
    if is_root and known and parts.port in (None, 443):
        return f"https://{parts.hostname}"
    if is_root and parts.hostname and is_loopback(url):
        return f"https://{parts.netloc}"
    hosts = [cloud.logins[0] for cloud in CLOUDS.values() if cloud.name != "usgov-dod"]
    raise UsageError(
        f"AZURE_AUTHORITY_HOST: only Microsoft's login services ({any_of(hosts)}) and https addresses "
        "of this computer are accepted, because the secret goes there; remove or correct the variable"
    )


def _cloud_of_login(host: str) -> str:
    for cloud in CLOUDS.values():
        if host in cloud.logins:
            return cloud.name
    return "public"


def _graph_root(graph_url: str | None, cloud: Cloud) -> str:
    if graph_url is None:
        return cloud.graph
    root = service_root(graph_url)
    if is_loopback(root):
        return root
    parts = urlsplit(root)
    hosts = {one.graph_host: one.name for one in CLOUDS.values()}
    if parts.scheme != "https" or parts.port not in (None, 443) or parts.hostname not in hosts:
        raise UsageError(
            f"--graph-url {root}: only Microsoft's Graph ({any_of(sorted(hosts))}) and addresses of this "
            "computer are accepted, because the token goes there; leave the option out, or correct it"
        )
    if parts.hostname != cloud.graph_host:
        raise UsageError(
            f"--graph-url {root}: this is the Graph of the cloud {hosts[str(parts.hostname)]}, but the "
            f"cloud is {cloud.name}; add --cloud {hosts[str(parts.hostname)]}, or leave --graph-url out"
        )
    return cloud.graph


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""
