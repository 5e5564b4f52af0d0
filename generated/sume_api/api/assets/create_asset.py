from typing import TYPE_CHECKING, Any

from ...models.asset_accepted import AssetAccepted
from ...models.create_asset_request import CreateAssetRequest
from ...models.error_response import ErrorResponse
from ...types import Response, to_status

if TYPE_CHECKING:
    import httpx

    from ...client import AuthenticatedClient, Client


def _get_kwargs(
    *,
    body: CreateAssetRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/assets",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: "AuthenticatedClient | Client", response: "httpx.Response"
) -> AssetAccepted | ErrorResponse:
    if 200 <= response.status_code <= 299:
        response_2xx = AssetAccepted.from_dict(response.json())

        return response_2xx

    response_default = ErrorResponse.from_dict(response.json())

    return response_default


def _build_response(
    *, client: "AuthenticatedClient | Client", response: "httpx.Response"
) -> Response[AssetAccepted | ErrorResponse]:
    return Response(
        status_code=to_status(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: "AuthenticatedClient",
    body: CreateAssetRequest,
) -> Response[AssetAccepted | ErrorResponse]:
    """Finalize an upload

     Takes an uploaded video into the Asset Library and enqueues its ingest.

    Args:
        body (CreateAssetRequest): The upload to take into the Asset Library.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AssetAccepted | ErrorResponse]
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
    body: CreateAssetRequest,
) -> AssetAccepted | ErrorResponse | None:
    """Finalize an upload

     Takes an uploaded video into the Asset Library and enqueues its ingest.

    Args:
        body (CreateAssetRequest): The upload to take into the Asset Library.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AssetAccepted | ErrorResponse
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: "AuthenticatedClient",
    body: CreateAssetRequest,
) -> Response[AssetAccepted | ErrorResponse]:
    """Finalize an upload

     Takes an uploaded video into the Asset Library and enqueues its ingest.

    Args:
        body (CreateAssetRequest): The upload to take into the Asset Library.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AssetAccepted | ErrorResponse]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: "AuthenticatedClient",
    body: CreateAssetRequest,
) -> AssetAccepted | ErrorResponse | None:
    """Finalize an upload

     Takes an uploaded video into the Asset Library and enqueues its ingest.

    Args:
        body (CreateAssetRequest): The upload to take into the Asset Library.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AssetAccepted | ErrorResponse
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
