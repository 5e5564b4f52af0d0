from typing import TYPE_CHECKING, Any

from ...models.error_response import ErrorResponse
from ...models.face_swap_accepted import FaceSwapAccepted
from ...models.face_swap_request import FaceSwapRequest
from ...types import Response, to_status

if TYPE_CHECKING:
    import httpx

    from ...client import AuthenticatedClient, Client


def _get_kwargs(
    *,
    body: FaceSwapRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/face-swap",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: "AuthenticatedClient | Client", response: "httpx.Response"
) -> ErrorResponse | FaceSwapAccepted:
    if 200 <= response.status_code <= 299:
        response_2xx = FaceSwapAccepted.from_dict(response.json())

        return response_2xx

    response_default = ErrorResponse.from_dict(response.json())

    return response_default


def _build_response(
    *, client: "AuthenticatedClient | Client", response: "httpx.Response"
) -> Response[ErrorResponse | FaceSwapAccepted]:
    return Response(
        status_code=to_status(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: "AuthenticatedClient",
    body: FaceSwapRequest,
) -> Response[ErrorResponse | FaceSwapAccepted]:
    """Swap faces in a video

     Accepts one or more Face Swap jobs; they reserve or spend credits.

    Args:
        body (FaceSwapRequest): Which video gets which faces.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | FaceSwapAccepted]
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
    body: FaceSwapRequest,
) -> ErrorResponse | FaceSwapAccepted | None:
    """Swap faces in a video

     Accepts one or more Face Swap jobs; they reserve or spend credits.

    Args:
        body (FaceSwapRequest): Which video gets which faces.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | FaceSwapAccepted
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: "AuthenticatedClient",
    body: FaceSwapRequest,
) -> Response[ErrorResponse | FaceSwapAccepted]:
    """Swap faces in a video

     Accepts one or more Face Swap jobs; they reserve or spend credits.

    Args:
        body (FaceSwapRequest): Which video gets which faces.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | FaceSwapAccepted]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: "AuthenticatedClient",
    body: FaceSwapRequest,
) -> ErrorResponse | FaceSwapAccepted | None:
    """Swap faces in a video

     Accepts one or more Face Swap jobs; they reserve or spend credits.

    Args:
        body (FaceSwapRequest): Which video gets which faces.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | FaceSwapAccepted
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
