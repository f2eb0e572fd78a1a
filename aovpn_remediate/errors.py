"""Every error that a person can act on, with the exit code it ends in.

Messages say *where: what is wrong; what to do*. They never hold a token or a script body.

    RemediateError                    1
    |-- UsageError                   64   an option, a missing terminal
    |-- ProblemsError                65   every problem of files or scripts at once
    |   |-- ConfigError              65   the config
    |   |-- RuleError                65   a script that must not reach a device
    |   `-- ClientFileError          65   a client file of your own script pair
    |-- RenderError                   1   a template and its settings do not fit
    |-- OutputError                   1   a file or folder cannot be written
    |-- ResolveError                  1   names of groups, filters, scope tags
    |-- RefusedPlanError              1   names the option that allows it
    |-- PlanFileError                 1   a plan file that must not be carried out
    |-- ClientError                   1   no PowerShell, or the simulated client failed
    |   |-- NotPowerShellError        1   the program that should be PowerShell is another one
    |   |-- CaseNotRunError           1   this machine cannot make the client of a case
    |   `-- ScriptEndedError          1   a script ended its PowerShell
    `-- TenantError                   1   the service answered with an error
        |-- UnreachableError          1   no answer at all
        |-- StalledError              1   nothing has succeeded for ten minutes
        |-- GraphShapeError           1   an answer in a shape that is not documented
        |-- NotFoundError             1   deleted in the meantime
        |-- SignInError               4   not signed in, or not allowed
        `-- ApprovalNeededError       5   Multi Admin Approval holds the change
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from aovpn_remediate.problems import Problem


class RemediateError(Exception):
    """Something a person can act on; its text is the whole message."""

    exit_code: ClassVar[int] = 1


class UsageError(RemediateError):
    """The command line asks for something that cannot be done this way."""

    exit_code = 64


class ProblemsError(RemediateError):
    """Files or scripts with problems: every problem once, in the order of the places, one a line."""

    exit_code = 65

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(one) for one in self.problems))


class ConfigError(ProblemsError):
    """The config asks for something that cannot be rendered."""


class RuleError(ProblemsError):
    """Scripts that break a rule."""


class ClientFileError(ProblemsError):
    """Client files that do not describe a client."""


class RenderError(RemediateError):
    """A template and the settings given to it do not fit together."""


class OutputError(RemediateError):
    """A file or folder cannot be read or written."""


class ResolveError(RemediateError):
    """Names that are missing or not unique in the tenant; has all of them."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class RefusedPlanError(RemediateError):
    """A plan that is not carried out, with the option that would allow it."""


class PlanFileError(RemediateError):
    """A plan file that is no plan, was changed, or is not the one that is meant."""


class ClientError(RemediateError):
    """The simulated client could not be started or did not answer."""


class NotPowerShellError(ClientError):
    """The program that should be PowerShell does not answer as one."""


class CaseNotRunError(ClientError):
    """This machine cannot make the client of a case; other cases can run."""


class ScriptEndedError(ClientError):
    """A script ended its PowerShell, or had to be ended with it."""


class TenantError(RemediateError):
    """The service answered a request with an error.

    ``status`` is the HTTP status (0 without an answer), ``code`` and ``request_id`` are Graph's own,
    ``client_request_id`` is ours.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        code: str = "",
        request_id: str = "",
        client_request_id: str = "",
    ) -> None:
        self.status = status
        self.code = code
        self.request_id = request_id
        self.client_request_id = client_request_id
        super().__init__(message)


class UnreachableError(TenantError):
    """The service gave no answer."""


class StalledError(TenantError):
    """No request has succeeded for so long that nothing more is begun."""


class GraphShapeError(TenantError):
    """The service answered in a shape that is not documented; names the field."""


class NotFoundError(TenantError):
    """The requested object does not exist, or not any longer."""


class SignInError(TenantError):
    """Nobody is signed in, or a permission is missing."""

    exit_code = 4


class ApprovalNeededError(TenantError):
    """Multi Admin Approval holds the change back; ``approval_code`` is needed to send it again."""

    exit_code = 5

    def __init__(self, message: str, *, approval_code: str, **origin: Any) -> None:
        self.approval_code = approval_code
        super().__init__(message, **origin)
