from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ...models.avatar import Avatar
from ...models.error_response import ErrorResponse
from ...types import Response, to_status

if TYPE_CHECKING:
    import httpx

    from ...client import AuthenticatedClient, Client


def _get_kwargs(
    avatar_id: str,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/avatars/{avatar_id}".format(
            avatar_id=quote(str(avatar_id), safe=""),
        ),
    }

    return _kwargs


def _parse_response(*, client: "AuthenticatedClient | Client", response: "httpx.Response") -> Avatar | ErrorResponse:
    if 200 <= response.status_code <= 299:
        response_2xx = Avatar.from_dict(response.json())

        return response_2xx

    response_default = ErrorResponse.from_dict(response.json())

    return response_default


def _build_response(
    *, client: "AuthenticatedClient | Client", response: "httpx.Response"
) -> Response[Avatar | ErrorResponse]:
    return Response(
        status_code=to_status(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    avatar_id: str,
    *,
    client: "AuthenticatedClient",
) -> Response[Avatar | ErrorResponse]:
    """Show an avatar

     One avatar with its media and what it can be used for.

    Args:
        avatar_id (str): Id of the avatar. Example: avatar_123.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Avatar | ErrorResponse]
    """

    kwargs = _get_kwargs(
        avatar_id=avatar_id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    avatar_id: str,
    *,
    client: "AuthenticatedClient",
) -> Avatar | ErrorResponse | None:
    """Show an avatar

     One avatar with its media and what it can be used for.

    Args:
        avatar_id (str): Id of the avatar. Example: avatar_123.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Avatar | ErrorResponse
    """

    return sync_detailed(
        avatar_id=avatar_id,
        client=client,
    ).parsed


async def asyncio_detailed(
    avatar_id: str,
    *,
    client: "AuthenticatedClient",
) -> Response[Avatar | ErrorResponse]:
    """Show an avatar

     One avatar with its media and what it can be used for.

    Args:
        avatar_id (str): Id of the avatar. Example: avatar_123.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Avatar | ErrorResponse]
    """

    kwargs = _get_kwargs(
        avatar_id=avatar_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    avatar_id: str,
    *,
    client: "AuthenticatedClient",
) -> Avatar | ErrorResponse | None:
    """Show an avatar

     One avatar with its media and what it can be used for.

    Args:
        avatar_id (str): Id of the avatar. Example: avatar_123.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Avatar | ErrorResponse
    """

    return (
        await asyncio_detailed(
            avatar_id=avatar_id,
            client=client,
        )
    ).parsed
