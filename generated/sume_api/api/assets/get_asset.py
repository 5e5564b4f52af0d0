from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ...models.asset import Asset
from ...models.error_response import ErrorResponse
from ...models.get_asset_search_mode import (
    GetAssetSearchMode,
)
from ...types import UNSET, Response, Unset, to_status

if TYPE_CHECKING:
    import httpx

    from ...client import AuthenticatedClient, Client


def _get_kwargs(
    asset_id: str,
    *,
    q: str | Unset = UNSET,
    search_mode: GetAssetSearchMode | Unset = UNSET,
    search_score: float | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["q"] = q

    json_search_mode: str | Unset = UNSET
    if not isinstance(search_mode, Unset):
        json_search_mode = search_mode

    params["search_mode"] = json_search_mode

    params["search_score"] = search_score

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/assets/{asset_id}".format(
            asset_id=quote(str(asset_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: "AuthenticatedClient | Client", response: "httpx.Response") -> Asset | ErrorResponse:
    if 200 <= response.status_code <= 299:
        response_2xx = Asset.from_dict(response.json())

        return response_2xx

    response_default = ErrorResponse.from_dict(response.json())

    return response_default


def _build_response(
    *, client: "AuthenticatedClient | Client", response: "httpx.Response"
) -> Response[Asset | ErrorResponse]:
    return Response(
        status_code=to_status(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    asset_id: str,
    *,
    client: "AuthenticatedClient",
    q: str | Unset = UNSET,
    search_mode: GetAssetSearchMode | Unset = UNSET,
    search_score: float | Unset = UNSET,
) -> Response[Asset | ErrorResponse]:
    """Show a scene

     One scene asset. Passing on the search context of the hit keeps its match data.

    Args:
        asset_id (str): Id of the asset. Example: asset_123.
        q (str | Unset): The query that found the scene.
        search_mode (GetAssetSearchMode | Unset): How the scene was found.
        search_score (float | Unset): Score the search gave; leave it out when the score was null.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Asset | ErrorResponse]
    """

    kwargs = _get_kwargs(
        asset_id=asset_id,
        q=q,
        search_mode=search_mode,
        search_score=search_score,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    asset_id: str,
    *,
    client: "AuthenticatedClient",
    q: str | Unset = UNSET,
    search_mode: GetAssetSearchMode | Unset = UNSET,
    search_score: float | Unset = UNSET,
) -> Asset | ErrorResponse | None:
    """Show a scene

     One scene asset. Passing on the search context of the hit keeps its match data.

    Args:
        asset_id (str): Id of the asset. Example: asset_123.
        q (str | Unset): The query that found the scene.
        search_mode (GetAssetSearchMode | Unset): How the scene was found.
        search_score (float | Unset): Score the search gave; leave it out when the score was null.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Asset | ErrorResponse
    """

    return sync_detailed(
        asset_id=asset_id,
        client=client,
        q=q,
        search_mode=search_mode,
        search_score=search_score,
    ).parsed


async def asyncio_detailed(
    asset_id: str,
    *,
    client: "AuthenticatedClient",
    q: str | Unset = UNSET,
    search_mode: GetAssetSearchMode | Unset = UNSET,
    search_score: float | Unset = UNSET,
) -> Response[Asset | ErrorResponse]:
    """Show a scene

     One scene asset. Passing on the search context of the hit keeps its match data.

    Args:
        asset_id (str): Id of the asset. Example: asset_123.
        q (str | Unset): The query that found the scene.
        search_mode (GetAssetSearchMode | Unset): How the scene was found.
        search_score (float | Unset): Score the search gave; leave it out when the score was null.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Asset | ErrorResponse]
    """

    kwargs = _get_kwargs(
        asset_id=asset_id,
        q=q,
        search_mode=search_mode,
        search_score=search_score,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    asset_id: str,
    *,
    client: "AuthenticatedClient",
    q: str | Unset = UNSET,
    search_mode: GetAssetSearchMode | Unset = UNSET,
    search_score: float | Unset = UNSET,
) -> Asset | ErrorResponse | None:
    """Show a scene

     One scene asset. Passing on the search context of the hit keeps its match data.

    Args:
        asset_id (str): Id of the asset. Example: asset_123.
        q (str | Unset): The query that found the scene.
        search_mode (GetAssetSearchMode | Unset): How the scene was found.
        search_score (float | Unset): Score the search gave; leave it out when the score was null.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Asset | ErrorResponse
    """

    return (
        await asyncio_detailed(
            asset_id=asset_id,
            client=client,
            q=q,
            search_mode=search_mode,
            search_score=search_score,
        )
    ).parsed
