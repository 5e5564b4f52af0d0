from typing import TYPE_CHECKING, Any

from ...models.ad_video_accepted import AdVideoAccepted
from ...models.ad_video_request import AdVideoRequest
from ...models.error_response import ErrorResponse
from ...types import Response, to_status

if TYPE_CHECKING:
    import httpx

    from ...client import AuthenticatedClient, Client


def _get_kwargs(
    *,
    body: AdVideoRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/ads/videos",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: "AuthenticatedClient | Client", response: "httpx.Response"
) -> AdVideoAccepted | ErrorResponse:
    if 200 <= response.status_code <= 299:
        response_2xx = AdVideoAccepted.from_dict(response.json())

        return response_2xx

    response_default = ErrorResponse.from_dict(response.json())

    return response_default


def _build_response(
    *, client: "AuthenticatedClient | Client", response: "httpx.Response"
) -> Response[AdVideoAccepted | ErrorResponse]:
    return Response(
        status_code=to_status(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: "AuthenticatedClient",
    body: AdVideoRequest,
) -> Response[AdVideoAccepted | ErrorResponse]:
    """Generate an ad video

     Accepts an AI Ads video job with an avatar, as a talking head or in UGC style; it reserves or spends
    credits.

    Args:
        body (AdVideoRequest): What to make an ad of, and who acts in it.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AdVideoAccepted | ErrorResponse]
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
    body: AdVideoRequest,
) -> AdVideoAccepted | ErrorResponse | None:
    """Generate an ad video

     Accepts an AI Ads video job with an avatar, as a talking head or in UGC style; it reserves or spends
    credits.

    Args:
        body (AdVideoRequest): What to make an ad of, and who acts in it.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AdVideoAccepted | ErrorResponse
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: "AuthenticatedClient",
    body: AdVideoRequest,
) -> Response[AdVideoAccepted | ErrorResponse]:
    """Generate an ad video

     Accepts an AI Ads video job with an avatar, as a talking head or in UGC style; it reserves or spends
    credits.

    Args:
        body (AdVideoRequest): What to make an ad of, and who acts in it.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AdVideoAccepted | ErrorResponse]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: "AuthenticatedClient",
    body: AdVideoRequest,
) -> AdVideoAccepted | ErrorResponse | None:
    """Generate an ad video

     Accepts an AI Ads video job with an avatar, as a talking head or in UGC style; it reserves or spends
    credits.

    Args:
        body (AdVideoRequest): What to make an ad of, and who acts in it.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AdVideoAccepted | ErrorResponse
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
