import datetime
from typing import TYPE_CHECKING, Any

from ...models.asset_list import AssetList
from ...models.error_response import ErrorResponse
from ...models.list_assets_search_mode import (
    ListAssetsSearchMode,
)
from ...models.list_assets_sort import ListAssetsSort
from ...types import UNSET, Response, Unset, to_status

if TYPE_CHECKING:
    import httpx

    from ...client import AuthenticatedClient, Client


def _get_kwargs(
    *,
    brand: str | Unset = UNSET,
    created_after: datetime.date | datetime.datetime | str | Unset = UNSET,
    created_before: datetime.date | datetime.datetime | str | Unset = UNSET,
    cta_present: bool | Unset = UNSET,
    cursor: str | Unset = UNSET,
    keyword: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    max_duration_seconds: float | Unset = UNSET,
    min_duration_seconds: float | Unset = UNSET,
    product: str | Unset = UNSET,
    q: str | Unset = UNSET,
    search_mode: ListAssetsSearchMode | Unset = UNSET,
    segment_type: str | Unset = UNSET,
    sort: ListAssetsSort | Unset = UNSET,
    source_type: str | Unset = UNSET,
    tag: str | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["brand"] = brand

    json_created_after: str | Unset
    if isinstance(created_after, Unset):
        json_created_after = UNSET
    elif isinstance(created_after, datetime.datetime):
        json_created_after = created_after.isoformat()
    elif isinstance(created_after, datetime.date):
        json_created_after = created_after.isoformat()
    else:
        json_created_after = created_after
    params["created_after"] = json_created_after

    json_created_before: str | Unset
    if isinstance(created_before, Unset):
        json_created_before = UNSET
    elif isinstance(created_before, datetime.datetime):
        json_created_before = created_before.isoformat()
    elif isinstance(created_before, datetime.date):
        json_created_before = created_before.isoformat()
    else:
        json_created_before = created_before
    params["created_before"] = json_created_before

    params["cta_present"] = cta_present

    params["cursor"] = cursor

    params["keyword"] = keyword

    params["limit"] = limit

    params["max_duration_seconds"] = max_duration_seconds

    params["min_duration_seconds"] = min_duration_seconds

    params["product"] = product

    params["q"] = q

    json_search_mode: str | Unset = UNSET
    if not isinstance(search_mode, Unset):
        json_search_mode = search_mode

    params["search_mode"] = json_search_mode

    params["segment_type"] = segment_type

    json_sort: str | Unset = UNSET
    if not isinstance(sort, Unset):
        json_sort = sort

    params["sort"] = json_sort

    params["source_type"] = source_type

    params["tag"] = tag

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/assets",
        "params": params,
    }

    return _kwargs


def _parse_response(*, client: "AuthenticatedClient | Client", response: "httpx.Response") -> AssetList | ErrorResponse:
    if 200 <= response.status_code <= 299:
        response_2xx = AssetList.from_dict(response.json())

        return response_2xx

    response_default = ErrorResponse.from_dict(response.json())

    return response_default


def _build_response(
    *, client: "AuthenticatedClient | Client", response: "httpx.Response"
) -> Response[AssetList | ErrorResponse]:
    return Response(
        status_code=to_status(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: "AuthenticatedClient",
    brand: str | Unset = UNSET,
    created_after: datetime.date | datetime.datetime | str | Unset = UNSET,
    created_before: datetime.date | datetime.datetime | str | Unset = UNSET,
    cta_present: bool | Unset = UNSET,
    cursor: str | Unset = UNSET,
    keyword: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    max_duration_seconds: float | Unset = UNSET,
    min_duration_seconds: float | Unset = UNSET,
    product: str | Unset = UNSET,
    q: str | Unset = UNSET,
    search_mode: ListAssetsSearchMode | Unset = UNSET,
    segment_type: str | Unset = UNSET,
    sort: ListAssetsSort | Unset = UNSET,
    source_type: str | Unset = UNSET,
    tag: str | Unset = UNSET,
) -> Response[AssetList | ErrorResponse]:
    """Search scenes

     Scene assets of the Asset Library, searched by words or filtered. Scenes appear once their video is
    indexed.

    Args:
        brand (str | Unset): Only scenes with this brand.
        created_after (datetime.date | datetime.datetime | str | Unset): Only scenes indexed after
            this time.
        created_before (datetime.date | datetime.datetime | str | Unset): Only scenes indexed
            before this time.
        cta_present (bool | Unset): Only scenes with (true) or without (false) a call to action.
        cursor (str | Unset): `next_cursor` of the previous page.
        keyword (str | Unset): Only scenes with this keyword.
        limit (int | Unset): How many items a page has at most, 1 to 100; the server takes 20 when
            it is left out. Example: 5.
        max_duration_seconds (float | Unset): Only scenes at most this long.
        min_duration_seconds (float | Unset): Only scenes at least this long.
        product (str | Unset): Only scenes with this product.
        q (str | Unset): What to look for, in natural language or keywords. Example: woman camera
            hook.
        search_mode (ListAssetsSearchMode | Unset): How to search.
        segment_type (str | Unset): Role of the scene, such as hook, product demo or call to
            action. Example: hook.
        sort (ListAssetsSort | Unset): Order of the scenes.
        source_type (str | Unset): Where the video came from, such as generated or upload.
            Example: generated.
        tag (str | Unset): Only scenes with this tag.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AssetList | ErrorResponse]
    """

    kwargs = _get_kwargs(
        brand=brand,
        created_after=created_after,
        created_before=created_before,
        cta_present=cta_present,
        cursor=cursor,
        keyword=keyword,
        limit=limit,
        max_duration_seconds=max_duration_seconds,
        min_duration_seconds=min_duration_seconds,
        product=product,
        q=q,
        search_mode=search_mode,
        segment_type=segment_type,
        sort=sort,
        source_type=source_type,
        tag=tag,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: "AuthenticatedClient",
    brand: str | Unset = UNSET,
    created_after: datetime.date | datetime.datetime | str | Unset = UNSET,
    created_before: datetime.date | datetime.datetime | str | Unset = UNSET,
    cta_present: bool | Unset = UNSET,
    cursor: str | Unset = UNSET,
    keyword: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    max_duration_seconds: float | Unset = UNSET,
    min_duration_seconds: float | Unset = UNSET,
    product: str | Unset = UNSET,
    q: str | Unset = UNSET,
    search_mode: ListAssetsSearchMode | Unset = UNSET,
    segment_type: str | Unset = UNSET,
    sort: ListAssetsSort | Unset = UNSET,
    source_type: str | Unset = UNSET,
    tag: str | Unset = UNSET,
) -> AssetList | ErrorResponse | None:
    """Search scenes

     Scene assets of the Asset Library, searched by words or filtered. Scenes appear once their video is
    indexed.

    Args:
        brand (str | Unset): Only scenes with this brand.
        created_after (datetime.date | datetime.datetime | str | Unset): Only scenes indexed after
            this time.
        created_before (datetime.date | datetime.datetime | str | Unset): Only scenes indexed
            before this time.
        cta_present (bool | Unset): Only scenes with (true) or without (false) a call to action.
        cursor (str | Unset): `next_cursor` of the previous page.
        keyword (str | Unset): Only scenes with this keyword.
        limit (int | Unset): How many items a page has at most, 1 to 100; the server takes 20 when
            it is left out. Example: 5.
        max_duration_seconds (float | Unset): Only scenes at most this long.
        min_duration_seconds (float | Unset): Only scenes at least this long.
        product (str | Unset): Only scenes with this product.
        q (str | Unset): What to look for, in natural language or keywords. Example: woman camera
            hook.
        search_mode (ListAssetsSearchMode | Unset): How to search.
        segment_type (str | Unset): Role of the scene, such as hook, product demo or call to
            action. Example: hook.
        sort (ListAssetsSort | Unset): Order of the scenes.
        source_type (str | Unset): Where the video came from, such as generated or upload.
            Example: generated.
        tag (str | Unset): Only scenes with this tag.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AssetList | ErrorResponse
    """

    return sync_detailed(
        client=client,
        brand=brand,
        created_after=created_after,
        created_before=created_before,
        cta_present=cta_present,
        cursor=cursor,
        keyword=keyword,
        limit=limit,
        max_duration_seconds=max_duration_seconds,
        min_duration_seconds=min_duration_seconds,
        product=product,
        q=q,
        search_mode=search_mode,
        segment_type=segment_type,
        sort=sort,
        source_type=source_type,
        tag=tag,
    ).parsed


async def asyncio_detailed(
    *,
    client: "AuthenticatedClient",
    brand: str | Unset = UNSET,
    created_after: datetime.date | datetime.datetime | str | Unset = UNSET,
    created_before: datetime.date | datetime.datetime | str | Unset = UNSET,
    cta_present: bool | Unset = UNSET,
    cursor: str | Unset = UNSET,
    keyword: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    max_duration_seconds: float | Unset = UNSET,
    min_duration_seconds: float | Unset = UNSET,
    product: str | Unset = UNSET,
    q: str | Unset = UNSET,
    search_mode: ListAssetsSearchMode | Unset = UNSET,
    segment_type: str | Unset = UNSET,
    sort: ListAssetsSort | Unset = UNSET,
    source_type: str | Unset = UNSET,
    tag: str | Unset = UNSET,
) -> Response[AssetList | ErrorResponse]:
    """Search scenes

     Scene assets of the Asset Library, searched by words or filtered. Scenes appear once their video is
    indexed.

    Args:
        brand (str | Unset): Only scenes with this brand.
        created_after (datetime.date | datetime.datetime | str | Unset): Only scenes indexed after
            this time.
        created_before (datetime.date | datetime.datetime | str | Unset): Only scenes indexed
            before this time.
        cta_present (bool | Unset): Only scenes with (true) or without (false) a call to action.
        cursor (str | Unset): `next_cursor` of the previous page.
        keyword (str | Unset): Only scenes with this keyword.
        limit (int | Unset): How many items a page has at most, 1 to 100; the server takes 20 when
            it is left out. Example: 5.
        max_duration_seconds (float | Unset): Only scenes at most this long.
        min_duration_seconds (float | Unset): Only scenes at least this long.
        product (str | Unset): Only scenes with this product.
        q (str | Unset): What to look for, in natural language or keywords. Example: woman camera
            hook.
        search_mode (ListAssetsSearchMode | Unset): How to search.
        segment_type (str | Unset): Role of the scene, such as hook, product demo or call to
            action. Example: hook.
        sort (ListAssetsSort | Unset): Order of the scenes.
        source_type (str | Unset): Where the video came from, such as generated or upload.
            Example: generated.
        tag (str | Unset): Only scenes with this tag.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AssetList | ErrorResponse]
    """

    kwargs = _get_kwargs(
        brand=brand,
        created_after=created_after,
        created_before=created_before,
        cta_present=cta_present,
        cursor=cursor,
        keyword=keyword,
        limit=limit,
        max_duration_seconds=max_duration_seconds,
        min_duration_seconds=min_duration_seconds,
        product=product,
        q=q,
        search_mode=search_mode,
        segment_type=segment_type,
        sort=sort,
        source_type=source_type,
        tag=tag,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: "AuthenticatedClient",
    brand: str | Unset = UNSET,
    created_after: datetime.date | datetime.datetime | str | Unset = UNSET,
    created_before: datetime.date | datetime.datetime | str | Unset = UNSET,
    cta_present: bool | Unset = UNSET,
    cursor: str | Unset = UNSET,
    keyword: str | Unset = UNSET,
    limit: int | Unset = UNSET,
    max_duration_seconds: float | Unset = UNSET,
    min_duration_seconds: float | Unset = UNSET,
    product: str | Unset = UNSET,
    q: str | Unset = UNSET,
    search_mode: ListAssetsSearchMode | Unset = UNSET,
    segment_type: str | Unset = UNSET,
    sort: ListAssetsSort | Unset = UNSET,
    source_type: str | Unset = UNSET,
    tag: str | Unset = UNSET,
) -> AssetList | ErrorResponse | None:
    """Search scenes

     Scene assets of the Asset Library, searched by words or filtered. Scenes appear once their video is
    indexed.

    Args:
        brand (str | Unset): Only scenes with this brand.
        created_after (datetime.date | datetime.datetime | str | Unset): Only scenes indexed after
            this time.
        created_before (datetime.date | datetime.datetime | str | Unset): Only scenes indexed
            before this time.
        cta_present (bool | Unset): Only scenes with (true) or without (false) a call to action.
        cursor (str | Unset): `next_cursor` of the previous page.
        keyword (str | Unset): Only scenes with this keyword.
        limit (int | Unset): How many items a page has at most, 1 to 100; the server takes 20 when
            it is left out. Example: 5.
        max_duration_seconds (float | Unset): Only scenes at most this long.
        min_duration_seconds (float | Unset): Only scenes at least this long.
        product (str | Unset): Only scenes with this product.
        q (str | Unset): What to look for, in natural language or keywords. Example: woman camera
            hook.
        search_mode (ListAssetsSearchMode | Unset): How to search.
        segment_type (str | Unset): Role of the scene, such as hook, product demo or call to
            action. Example: hook.
        sort (ListAssetsSort | Unset): Order of the scenes.
        source_type (str | Unset): Where the video came from, such as generated or upload.
            Example: generated.
        tag (str | Unset): Only scenes with this tag.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AssetList | ErrorResponse
    """

    return (
        await asyncio_detailed(
            client=client,
            brand=brand,
            created_after=created_after,
            created_before=created_before,
            cta_present=cta_present,
            cursor=cursor,
            keyword=keyword,
            limit=limit,
            max_duration_seconds=max_duration_seconds,
            min_duration_seconds=min_duration_seconds,
            product=product,
            q=q,
            search_mode=search_mode,
            segment_type=segment_type,
            sort=sort,
            source_type=source_type,
            tag=tag,
        )
    ).parsed
