from typing import TYPE_CHECKING, Any

from ...models.error_response import ErrorResponse
from ...models.image_generation_accepted import ImageGenerationAccepted
from ...models.image_generation_request import ImageGenerationRequest
from ...types import Response, to_status

if TYPE_CHECKING:
    import httpx

    from ...client import AuthenticatedClient, Client


def _get_kwargs(
    *,
    body: ImageGenerationRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/images/generations",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: "AuthenticatedClient | Client", response: "httpx.Response"
) -> ErrorResponse | ImageGenerationAccepted:
    if 200 <= response.status_code <= 299:
        response_2xx = ImageGenerationAccepted.from_dict(response.json())

        return response_2xx

    response_default = ErrorResponse.from_dict(response.json())

    return response_default


def _build_response(
    *, client: "AuthenticatedClient | Client", response: "httpx.Response"
) -> Response[ErrorResponse | ImageGenerationAccepted]:
    return Response(
        status_code=to_status(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: "AuthenticatedClient",
    body: ImageGenerationRequest,
) -> Response[ErrorResponse | ImageGenerationAccepted]:
    """Generate an image

     Accepts an image job; it reserves or spends credits.

    Args:
        body (ImageGenerationRequest): What to make an image of.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | ImageGenerationAccepted]
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
    body: ImageGenerationRequest,
) -> ErrorResponse | ImageGenerationAccepted | None:
    """Generate an image

     Accepts an image job; it reserves or spends credits.

    Args:
        body (ImageGenerationRequest): What to make an image of.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | ImageGenerationAccepted
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: "AuthenticatedClient",
    body: ImageGenerationRequest,
) -> Response[ErrorResponse | ImageGenerationAccepted]:
    """Generate an image

     Accepts an image job; it reserves or spends credits.

    Args:
        body (ImageGenerationRequest): What to make an image of.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | ImageGenerationAccepted]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: "AuthenticatedClient",
    body: ImageGenerationRequest,
) -> ErrorResponse | ImageGenerationAccepted | None:
    """Generate an image

     Accepts an image job; it reserves or spends credits.

    Args:
        body (ImageGenerationRequest): What to make an image of.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | ImageGenerationAccepted
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
