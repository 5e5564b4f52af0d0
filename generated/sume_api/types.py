"""Contains some shared types for properties"""

from collections.abc import Mapping, MutableMapping
from http import HTTPStatus
from typing import IO, Any, BinaryIO, Generic, Literal, NoReturn, TypeVar

from attrs import define, evolve, field


class Unset:
    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"

    def __copy__(self) -> "Unset":
        return self

    def __deepcopy__(self, memo: object) -> "Unset":
        return self

    def __reduce__(self) -> str:
        return "UNSET"


class ModelBase:
    """What all models have in common: they may hold signed URLs and ids of people, so none is pickled"""

    __slots__ = ()

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__} may hold signed URLs and ids, so it is not pickled; "
            "keep to_dict() where that may be kept"
        )

    def __copy__(self) -> Any:
        model: Any = self
        return model.from_dict(model.to_dict())

    def __deepcopy__(self, memo: object) -> Any:
        return self.__copy__()


def to_status(code: int) -> HTTPStatus | int:
    """The status as Python knows it, or the bare number, such as 499 and 520"""
    try:
        return HTTPStatus(code)
    except ValueError:
        return code


UNSET: Unset = Unset()

# The types that `httpx.Client(files=)` can accept, copied from that library.
FileContent = IO[bytes] | bytes | str
FileTypes = (
    # (filename, file (or bytes), content_type)
    tuple[str | None, FileContent, str | None]
    # (filename, file (or bytes), content_type, headers)
    | tuple[str | None, FileContent, str | None, Mapping[str, str]]
)
RequestFiles = list[tuple[str, FileTypes]]


@define
class File:
    """Contains information for file uploads"""

    payload: BinaryIO
    file_name: str | None = None
    mime_type: str | None = None

    def to_tuple(self) -> FileTypes:
        """Return a tuple representation that httpx will accept for multipart/form-data"""
        return self.file_name, self.payload, self.mime_type


T = TypeVar("T")


@define
class Response(Generic[T]):
    """A response from an endpoint"""

    status_code: HTTPStatus | int
    content: bytes = field(repr=False)
    headers: MutableMapping[str, str] = field(repr=False)
    parsed: T | None

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a Response may hold signed URLs and ids, so it is not pickled")

    def __copy__(self) -> "Response[T]":
        return evolve(self)


__all__ = ["UNSET", "File", "FileTypes", "RequestFiles", "Response", "Unset", "ModelBase", "to_status"]
