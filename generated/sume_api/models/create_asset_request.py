from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset
from ..types import ModelBase as _ModelBase

T = TypeVar("T", bound="CreateAssetRequest")


@_attrs_define(kw_only=True)
class CreateAssetRequest(_ModelBase):
    """The upload to take into the Asset Library.

    Attributes:
        object_key (str): `object_key` of the presigned upload; secret.
        content_type (str | Unset): Media type of the file. Example: video/mp4.
        file_name (str | Unset): Name of the file. Example: clip.mp4.
        size_bytes (int | Unset): Size of the file in bytes. Example: 1048576.
        title (str | Unset): Title for the asset.
    """

    object_key: str = _attrs_field(repr=False)
    content_type: str | Unset = UNSET
    file_name: str | Unset = UNSET
    size_bytes: int | Unset = UNSET
    title: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict, repr=False)

    def to_dict(self) -> dict[str, Any]:
        object_key = self.object_key

        content_type = self.content_type

        file_name = self.file_name

        size_bytes = self.size_bytes

        title = self.title

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "object_key": object_key,
            }
        )
        if content_type is not UNSET:
            field_dict["content_type"] = content_type
        if file_name is not UNSET:
            field_dict["file_name"] = file_name
        if size_bytes is not UNSET:
            field_dict["size_bytes"] = size_bytes
        if title is not UNSET:
            field_dict["title"] = title

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        object_key = d.pop("object_key")

        content_type = d.pop("content_type", UNSET)

        file_name = d.pop("file_name", UNSET)

        size_bytes = d.pop("size_bytes", UNSET)

        title = d.pop("title", UNSET)

        create_asset_request = cls(
            object_key=object_key,
            content_type=content_type,
            file_name=file_name,
            size_bytes=size_bytes,
            title=title,
        )

        create_asset_request.additional_properties = d
        return create_asset_request

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
