from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import ModelBase as _ModelBase

T = TypeVar("T", bound="FaceSwapRequest")


@_attrs_define(kw_only=True)
class FaceSwapRequest(_ModelBase):
    """Which video gets which faces.

    Attributes:
        avatar_ids (list[str]): Avatars whose faces to use; one job each.
        source_video_url (str): `media_url` of an upload presigned for `face_swap_source_video`.
    """

    avatar_ids: list[str]
    source_video_url: str = _attrs_field(repr=False)
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict, repr=False)

    def to_dict(self) -> dict[str, Any]:
        avatar_ids = self.avatar_ids

        source_video_url = self.source_video_url

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "avatar_ids": avatar_ids,
                "source_video_url": source_video_url,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        avatar_ids = cast(list[str], d.pop("avatar_ids"))

        source_video_url = d.pop("source_video_url")

        face_swap_request = cls(
            avatar_ids=avatar_ids,
            source_video_url=source_video_url,
        )

        face_swap_request.additional_properties = d
        return face_swap_request

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
