from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ...models.error_response import ErrorResponse
from ...models.job import Job
from ...types import Response, to_status

if TYPE_CHECKING:
    import httpx

    from ...client import AuthenticatedClient, Client


def _get_kwargs(
    job_id: str,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/jobs/{job_id}".format(
            job_id=quote(str(job_id), safe=""),
        ),
    }

    return _kwargs


def _parse_response(*, client: "AuthenticatedClient | Client", response: "httpx.Response") -> ErrorResponse | Job:
    if 200 <= response.status_code <= 299:
        response_2xx = Job.from_dict(response.json())

        return response_2xx

    response_default = ErrorResponse.from_dict(response.json())

    return response_default


def _build_response(
    *, client: "AuthenticatedClient | Client", response: "httpx.Response"
) -> Response[ErrorResponse | Job]:
    return Response(
        status_code=to_status(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    job_id: str,
    *,
    client: "AuthenticatedClient",
) -> Response[ErrorResponse | Job]:
    """Show a job

     Status of a job, with a sanitized error and result URL fields.

    Args:
        job_id (str): Id of the job. Example: job_123.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | Job]
    """

    kwargs = _get_kwargs(
        job_id=job_id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    job_id: str,
    *,
    client: "AuthenticatedClient",
) -> ErrorResponse | Job | None:
    """Show a job

     Status of a job, with a sanitized error and result URL fields.

    Args:
        job_id (str): Id of the job. Example: job_123.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | Job
    """

    return sync_detailed(
        job_id=job_id,
        client=client,
    ).parsed


async def asyncio_detailed(
    job_id: str,
    *,
    client: "AuthenticatedClient",
) -> Response[ErrorResponse | Job]:
    """Show a job

     Status of a job, with a sanitized error and result URL fields.

    Args:
        job_id (str): Id of the job. Example: job_123.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | Job]
    """

    kwargs = _get_kwargs(
        job_id=job_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    job_id: str,
    *,
    client: "AuthenticatedClient",
) -> ErrorResponse | Job | None:
    """Show a job

     Status of a job, with a sanitized error and result URL fields.

    Args:
        job_id (str): Id of the job. Example: job_123.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | Job
    """

    return (
        await asyncio_detailed(
            job_id=job_id,
            client=client,
        )
    ).parsed
