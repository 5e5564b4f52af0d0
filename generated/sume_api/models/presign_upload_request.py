from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.presign_upload_request_purpose import (
    PresignUploadRequestPurpose,
    check_presign_upload_request_purpose,
)
from ..types import ModelBase as _ModelBase

T = TypeVar("T", bound="PresignUploadRequest")


@_attrs_define(kw_only=True)
class PresignUploadRequest(_ModelBase):
    """The file that will be uploaded.

    Attributes:
        content_type (str): Media type of the file. Example: video/mp4.
        file_name (str): Name of the file. Example: clip.mp4.
        purpose (PresignUploadRequestPurpose): What the upload is for.
        size_bytes (int): Size of the file in bytes. Example: 1048576.
    """

    content_type: str
    file_name: str
    purpose: PresignUploadRequestPurpose
    size_bytes: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict, repr=False)

    def to_dict(self) -> dict[str, Any]:
        content_type = self.content_type

        file_name = self.file_name

        purpose: str = self.purpose

        size_bytes = self.size_bytes

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "content_type": content_type,
                "file_name": file_name,
                "purpose": purpose,
                "size_bytes": size_bytes,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        content_type = d.pop("content_type")

        file_name = d.pop("file_name")

        purpose = check_presign_upload_request_purpose(d.pop("purpose"))

        size_bytes = d.pop("size_bytes")

        presign_upload_request = cls(
            content_type=content_type,
            file_name=file_name,
            purpose=purpose,
            size_bytes=size_bytes,
        )

        presign_upload_request.additional_properties = d
        return presign_upload_request

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
