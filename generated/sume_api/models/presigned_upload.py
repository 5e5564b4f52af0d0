from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset
from ..types import ModelBase as _ModelBase

if TYPE_CHECKING:
    from ..models.presigned_upload_required_headers import PresignedUploadRequiredHeaders


T = TypeVar("T", bound="PresignedUpload")


@_attrs_define(kw_only=True)
class PresignedUpload(_ModelBase):
    """A temporary place to upload to. Every member is a secret.

    Attributes:
        object_key (str): Storage key that finalizes the upload; secret.
        required_headers (PresignedUploadRequiredHeaders): The headers, and no others, to send with the PUT; secret.
        upload_url (str): Temporary signed storage URL: PUT the bytes there without the API key; secret.
        expires_at (datetime.datetime | None | str | Unset): When `upload_url` stops working.
        media_url (None | str | Unset): Media URL of the upload, when available: the source video of a face swap.
    """

    object_key: str = _attrs_field(repr=False)
    required_headers: PresignedUploadRequiredHeaders = _attrs_field(repr=False)
    upload_url: str = _attrs_field(repr=False)
    expires_at: datetime.datetime | None | str | Unset = UNSET
    media_url: None | str | Unset = _attrs_field(default=UNSET, repr=False)
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict, repr=False)

    def to_dict(self) -> dict[str, Any]:
        object_key = self.object_key

        required_headers = self.required_headers.to_dict()

        upload_url = self.upload_url

        expires_at: None | str | Unset
        if isinstance(self.expires_at, Unset):
            expires_at = UNSET
        elif isinstance(self.expires_at, datetime.datetime):
            expires_at = self.expires_at.isoformat()
        else:
            expires_at = self.expires_at

        media_url: None | str | Unset
        if isinstance(self.media_url, Unset):
            media_url = UNSET
        else:
            media_url = self.media_url

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "object_key": object_key,
                "required_headers": required_headers,
                "upload_url": upload_url,
            }
        )
        if expires_at is not UNSET:
            field_dict["expires_at"] = expires_at
        if media_url is not UNSET:
            field_dict["media_url"] = media_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.presigned_upload_required_headers import (
            PresignedUploadRequiredHeaders,  # noqa: PLC0415
        )

        d = dict(src_dict)
        object_key = d.pop("object_key")

        required_headers = PresignedUploadRequiredHeaders.from_dict(d.pop("required_headers"))

        upload_url = d.pop("upload_url")

        def _parse_expires_at(data: object) -> datetime.datetime | None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                expires_at_type_0 = datetime.datetime.fromisoformat(data)

                return expires_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast("datetime.datetime | None | str | Unset", data)

        expires_at = _parse_expires_at(d.pop("expires_at", UNSET))

        media_url = d.pop("media_url", UNSET)

        presigned_upload = cls(
            object_key=object_key,
            required_headers=required_headers,
            upload_url=upload_url,
            expires_at=expires_at,
            media_url=media_url,
        )

        presigned_upload.additional_properties = d
        return presigned_upload

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
