from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset
from ..types import ModelBase as _ModelBase

if TYPE_CHECKING:
    from ..models.error_info_details import ErrorInfoDetails


T = TypeVar("T", bound="ErrorInfo")


@_attrs_define(kw_only=True)
class ErrorInfo(_ModelBase):
    """What went wrong.

    Attributes:
        code (None | str | Unset): Stable machine-readable reason.
        details (ErrorInfoDetails | None | Unset): Further data about the reason; may be empty.
        message (None | str | Unset): The reason in words, safe to show.
    """

    code: None | str | Unset = UNSET
    details: ErrorInfoDetails | None | Unset = _attrs_field(default=UNSET, repr=False)
    message: None | str | Unset = _attrs_field(default=UNSET, repr=False)
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict, repr=False)

    def to_dict(self) -> dict[str, Any]:
        from ..models.error_info_details import ErrorInfoDetails  # noqa: PLC0415

        code: None | str | Unset
        if isinstance(self.code, Unset):
            code = UNSET
        else:
            code = self.code

        details: dict[str, Any] | None | Unset
        if isinstance(self.details, Unset):
            details = UNSET
        elif isinstance(self.details, ErrorInfoDetails):
            details = self.details.to_dict()
        else:
            details = self.details

        message: None | str | Unset
        if isinstance(self.message, Unset):
            message = UNSET
        else:
            message = self.message

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if code is not UNSET:
            field_dict["code"] = code
        if details is not UNSET:
            field_dict["details"] = details
        if message is not UNSET:
            field_dict["message"] = message

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        code = d.pop("code", UNSET)

        def _parse_details(data: object) -> ErrorInfoDetails | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            from sume_api.models.error_info_details import ErrorInfoDetails  # noqa: PLC0415

            try:
                if not isinstance(data, dict):
                    raise TypeError()
                details_type_0 = ErrorInfoDetails.from_dict(data)

                return details_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast("ErrorInfoDetails | None | Unset", data)

        details = _parse_details(d.pop("details", UNSET))

        message = d.pop("message", UNSET)

        error_info = cls(
            code=code,
            details=details,
            message=message,
        )

        error_info.additional_properties = d
        return error_info

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
