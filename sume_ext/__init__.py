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
    from sume_ext.job_state import JobEvent as JobEvent
    from sume_ext.jobs import AsyncJob as AsyncJob
    from sume_ext.jobs import AsyncJobGroup as AsyncJobGroup
    from sume_ext.jobs import Job as Job
    from sume_ext.jobs import JobGroup as JobGroup
    from sume_ext.log_redaction import install_log_redaction as install_log_redaction
    from sume_ext.paging import AsyncPager as AsyncPager
    from sume_ext.paging import Page as Page
    from sume_ext.paging import Pager as Pager
    from sume_ext.redaction import redact as redact
    from sume_ext.results import AsyncResult as AsyncResult
    from sume_ext.results import Media as Media
    from sume_ext.results import Result as Result
    from sume_ext.secret import Secret as Secret

_HOMES = {
    "client": ("AsyncSume", "Sume"),
    "errors": (
        "APIError",
        "AuthenticationError",
        "ConfigurationError",
        "ConflictError",
        "DownloadError",
        "InsufficientCreditsError",
        "InvalidArgumentError",
        "InvalidRequestError",
        "JobCanceledError",
        "JobError",
        "JobExpiredError",
        "JobFailedError",
        "JobTimeoutError",
        "NotFoundError",
        "NotSentError",
        "OutcomeUnknownError",
        "PaginationError",
        "PermissionDeniedError",
        "RateLimitError",
        "ResponseLostError",
        "SchemaMismatchError",
        "ServerError",
        "SumeError",
        "TransferError",
        "TransportError",
        "UploadError",
    ),
    "job_state": ("JobEvent",),
    "jobs": ("AsyncJob", "AsyncJobGroup", "Job", "JobGroup"),
    "log_redaction": ("install_log_redaction",),
    "paging": ("AsyncPager", "Page", "Pager"),
    "redaction": ("redact",),
    "results": ("AsyncResult", "Media", "Result"),
    "secret": ("Secret",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__version__ = "0.1.0"
__all__ = [*sorted(_HOME_OF)]  # noqa: PLE0604  (every item is a name of the table above)


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
