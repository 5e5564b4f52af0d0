from typing import TYPE_CHECKING, Any

from ...models.error_response import ErrorResponse
from ...models.reference_analysis_accepted import ReferenceAnalysisAccepted
from ...models.reference_analysis_request import ReferenceAnalysisRequest
from ...types import Response, to_status

if TYPE_CHECKING:
    import httpx

    from ...client import AuthenticatedClient, Client


def _get_kwargs(
    *,
    body: ReferenceAnalysisRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/reference-analysis",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: "AuthenticatedClient | Client", response: "httpx.Response"
) -> ErrorResponse | ReferenceAnalysisAccepted:
    if 200 <= response.status_code <= 299:
        response_2xx = ReferenceAnalysisAccepted.from_dict(response.json())

        return response_2xx

    response_default = ErrorResponse.from_dict(response.json())

    return response_default


def _build_response(
    *, client: "AuthenticatedClient | Client", response: "httpx.Response"
) -> Response[ErrorResponse | ReferenceAnalysisAccepted]:
    return Response(
        status_code=to_status(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: "AuthenticatedClient",
    body: ReferenceAnalysisRequest,
) -> Response[ErrorResponse | ReferenceAnalysisAccepted]:
    """Analyse a public video

     Accepts the analysis of a public TikTok or Instagram Reel URL; it reserves or spends credits and
    takes longer than an image.

    Args:
        body (ReferenceAnalysisRequest): Which public video to analyse.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | ReferenceAnalysisAccepted]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: "AuthenticatedClient",
    body: ReferenceAnalysisRequest,
) -> ErrorResponse | ReferenceAnalysisAccepted | None:
    """Analyse a public video

     Accepts the analysis of a public TikTok or Instagram Reel URL; it reserves or spends credits and
    takes longer than an image.

    Args:
        body (ReferenceAnalysisRequest): Which public video to analyse.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | ReferenceAnalysisAccepted
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: "AuthenticatedClient",
    body: ReferenceAnalysisRequest,
) -> Response[ErrorResponse | ReferenceAnalysisAccepted]:
    """Analyse a public video

     Accepts the analysis of a public TikTok or Instagram Reel URL; it reserves or spends credits and
    takes longer than an image.

    Args:
        body (ReferenceAnalysisRequest): Which public video to analyse.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | ReferenceAnalysisAccepted]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: "AuthenticatedClient",
    body: ReferenceAnalysisRequest,
) -> ErrorResponse | ReferenceAnalysisAccepted | None:
    """Analyse a public video

     Accepts the analysis of a public TikTok or Instagram Reel URL; it reserves or spends credits and
    takes longer than an image.

    Args:
        body (ReferenceAnalysisRequest): Which public video to analyse.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | ReferenceAnalysisAccepted
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
