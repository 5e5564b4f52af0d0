"""Python client for the Sume Public API: jobs to wait for, lists to walk, files to move.

Every public name is imported when it is first used (PEP 562), so that ``import sume_ext``
costs next to nothing; `Sume` and `AsyncSume` are where to start.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sume_ext.client import AsyncSume as AsyncSume
    from sume_ext.client import Sume as Sume
    from sume_ext.errors import APIError as APIError
    from sume_ext.errors import AuthenticationError as AuthenticationError
    from sume_ext.errors import ConfigurationError as ConfigurationError
    from sume_ext.errors import ConflictError as ConflictError
    from sume_ext.errors import DownloadError as DownloadError
    from sume_ext.errors import InsufficientCreditsError as InsufficientCreditsError
    from sume_ext.errors import InvalidArgumentError as InvalidArgumentError
    from sume_ext.errors import InvalidRequestError as InvalidRequestError
    from sume_ext.errors import JobCanceledError as JobCanceledError
    from sume_ext.errors import JobError as JobError
    from sume_ext.errors import JobExpiredError as JobExpiredError
    from sume_ext.errors import JobFailedError as JobFailedError
    from sume_ext.errors import JobTimeoutError as JobTimeoutError
    from sume_ext.errors import NotFoundError as NotFoundError
    from sume_ext.errors import NotSentError as NotSentError
    from sume_ext.errors import OutcomeUnknownError as OutcomeUnknownError
    from sume_ext.errors import PaginationError as PaginationError
    from sume_ext.errors import PermissionDeniedError as PermissionDeniedError
    from sume_ext.errors import RateLimitError as RateLimitError
    from sume_ext.errors import ResponseLostError as ResponseLostError
    from sume_ext.errors import SchemaMismatchError as SchemaMismatchError
    from sume_ext.errors import ServerError as ServerError
    from sume_ext.errors import SumeError as SumeError
    from sume_ext.errors import TransferError as TransferError
    from sume_ext.errors import TransportError as TransportError
    from sume_ext.errors import UploadError as UploadError
    from sume_ext.jobs import AsyncJob as AsyncJob
    from sume_ext.jobs import AsyncJobGroup as AsyncJobGroup
    from sume_ext.jobs import Job as Job
    from sume_ext.jobs import JobGroup as JobGroup
    from sume_ext.paging import AsyncPager as AsyncPager
    from sume_ext.paging import Page as Page
    from sume_ext.paging import Pager as Pager
    from sume_ext.results import AsyncMedia as AsyncMedia
    from sume_ext.results import AsyncResult as AsyncResult
    from sume_ext.results import Media as Media
    from sume_ext.results import Result as Result
    from sume_ext.secrecy.log_redaction import install_log_redaction as install_log_redaction
    from sume_ext.secrecy.redaction import redact as redact
    from sume_ext.secrecy.secret import Secret as Secret
    from sume_ext.transfers.progress import Progress as Progress
    from sume_ext.waiting.job_state import JobEvent as JobEvent
    from sume_ext.waiting.outcomes import Outcome as Outcome

_HOME_OF = {
    "APIError": "errors",
    "AsyncJob": "jobs",
    "AsyncJobGroup": "jobs",
    "AsyncMedia": "results",
    "AsyncPager": "paging",
    "AsyncResult": "results",
    "AsyncSume": "client",
    "AuthenticationError": "errors",
    "ConfigurationError": "errors",
    "ConflictError": "errors",
    "DownloadError": "errors",
    "InsufficientCreditsError": "errors",
    "InvalidArgumentError": "errors",
    "InvalidRequestError": "errors",
    "Job": "jobs",
    "JobCanceledError": "errors",
    "JobError": "errors",
    "JobEvent": "waiting.job_state",
    "JobExpiredError": "errors",
    "JobFailedError": "errors",
    "JobGroup": "jobs",
    "JobTimeoutError": "errors",
    "Media": "results",
    "NotFoundError": "errors",
    "NotSentError": "errors",
    "Outcome": "waiting.outcomes",
    "OutcomeUnknownError": "errors",
    "Page": "paging",
    "Pager": "paging",
    "PaginationError": "errors",
    "PermissionDeniedError": "errors",
    "Progress": "transfers.progress",
    "RateLimitError": "errors",
    "ResponseLostError": "errors",
    "Result": "results",
    "SchemaMismatchError": "errors",
    "Secret": "secrecy.secret",
    "ServerError": "errors",
    "Sume": "client",
    "SumeError": "errors",
    "TransferError": "errors",
    "TransportError": "errors",
    "UploadError": "errors",
    "install_log_redaction": "secrecy.log_redaction",
    "redact": "secrecy.redaction",
}

__version__ = "0.1.0"
__all__ = [
    "APIError",
    "AsyncJob",
    "AsyncJobGroup",
    "AsyncMedia",
    "AsyncPager",
    "AsyncResult",
    "AsyncSume",
    "AuthenticationError",
    "ConfigurationError",
    "ConflictError",
    "DownloadError",
    "InsufficientCreditsError",
    "InvalidArgumentError",
    "InvalidRequestError",
    "Job",
    "JobCanceledError",
    "JobError",
    "JobEvent",
    "JobExpiredError",
    "JobFailedError",
    "JobGroup",
    "JobTimeoutError",
    "Media",
    "NotFoundError",
    "NotSentError",
    "Outcome",
    "OutcomeUnknownError",
    "Page",
    "Pager",
    "PaginationError",
    "PermissionDeniedError",
    "Progress",
    "RateLimitError",
    "ResponseLostError",
    "Result",
    "SchemaMismatchError",
    "Secret",
    "ServerError",
    "Sume",
    "SumeError",
    "TransferError",
    "TransportError",
    "UploadError",
    "install_log_redaction",
    "redact",
]


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
