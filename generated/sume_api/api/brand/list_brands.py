from typing import TYPE_CHECKING, Any

from ...models.brand_list import BrandList
from ...models.error_response import ErrorResponse
from ...types import UNSET, Response, Unset, to_status

if TYPE_CHECKING:
    import httpx

    from ...client import AuthenticatedClient, Client


def _get_kwargs(
    *,
    cursor: str | Unset = UNSET,
    domain: str | Unset = UNSET,
    limit: int | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["cursor"] = cursor

    params["domain"] = domain

    params["limit"] = limit

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/brand",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: "AuthenticatedClient | Client", response: "httpx.Response") -> BrandList | ErrorResponse:
    if 200 <= response.status_code <= 299:
        response_2xx = BrandList.from_dict(response.json())

        return response_2xx

    response_default = ErrorResponse.from_dict(response.json())

    return response_default


def _build_response(
    *, client: "AuthenticatedClient | Client", response: "httpx.Response"
) -> Response[BrandList | ErrorResponse]:
    return Response(
        status_code=to_status(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: "AuthenticatedClient",
    cursor: str | Unset = UNSET,
    domain: str | Unset = UNSET,
    limit: int | Unset = UNSET,
) -> Response[BrandList | ErrorResponse]:
    """List brand profiles

     Sanitized Brand DNA profiles of the workspace.

    Args:
        cursor (str | Unset): `next_cursor` of the previous page.
        domain (str | Unset): Only the brand of this website domain.
        limit (int | Unset): How many items a page has at most, 1 to 100; the server takes 20 when
            it is left out. Example: 5.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BrandList | ErrorResponse]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        domain=domain,
        limit=limit,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: "AuthenticatedClient",
    cursor: str | Unset = UNSET,
    domain: str | Unset = UNSET,
    limit: int | Unset = UNSET,
) -> BrandList | ErrorResponse | None:
    """List brand profiles

     Sanitized Brand DNA profiles of the workspace.

    Args:
        cursor (str | Unset): `next_cursor` of the previous page.
        domain (str | Unset): Only the brand of this website domain.
        limit (int | Unset): How many items a page has at most, 1 to 100; the server takes 20 when
            it is left out. Example: 5.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BrandList | ErrorResponse
    """

    return sync_detailed(
        client=client,
        cursor=cursor,
        domain=domain,
        limit=limit,
    ).parsed


async def asyncio_detailed(
    *,
    client: "AuthenticatedClient",
    cursor: str | Unset = UNSET,
    domain: str | Unset = UNSET,
    limit: int | Unset = UNSET,
) -> Response[BrandList | ErrorResponse]:
    """List brand profiles

     Sanitized Brand DNA profiles of the workspace.

    Args:
        cursor (str | Unset): `next_cursor` of the previous page.
        domain (str | Unset): Only the brand of this website domain.
        limit (int | Unset): How many items a page has at most, 1 to 100; the server takes 20 when
            it is left out. Example: 5.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BrandList | ErrorResponse]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        domain=domain,
        limit=limit,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: "AuthenticatedClient",
    cursor: str | Unset = UNSET,
    domain: str | Unset = UNSET,
    limit: int | Unset = UNSET,
) -> BrandList | ErrorResponse | None:
    """List brand profiles

     Sanitized Brand DNA profiles of the workspace.

    Args:
        cursor (str | Unset): `next_cursor` of the previous page.
        domain (str | Unset): Only the brand of this website domain.
        limit (int | Unset): How many items a page has at most, 1 to 100; the server takes 20 when
            it is left out. Example: 5.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BrandList | ErrorResponse
    """

    return (
        await asyncio_detailed(
            client=client,
            cursor=cursor,
            domain=domain,
            limit=limit,
        )
    ).parsed
