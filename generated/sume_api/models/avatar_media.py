from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset
from ..types import ModelBase as _ModelBase

T = TypeVar("T", bound="AvatarMedia")


@_attrs_define(kw_only=True)
class AvatarMedia(_ModelBase):
    """Media that show the avatar.

    Attributes:
        preview_video_url (None | str | Unset): Short video of the avatar.
        thumbnail_url (None | str | Unset): Still image of the avatar.
    """

    preview_video_url: None | str | Unset = _attrs_field(default=UNSET, repr=False)
    thumbnail_url: None | str | Unset = _attrs_field(default=UNSET, repr=False)
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict, repr=False)

    def to_dict(self) -> dict[str, Any]:
        preview_video_url: None | str | Unset
        if isinstance(self.preview_video_url, Unset):
            preview_video_url = UNSET
        else:
            preview_video_url = self.preview_video_url

        thumbnail_url: None | str | Unset
        if isinstance(self.thumbnail_url, Unset):
            thumbnail_url = UNSET
        else:
            thumbnail_url = self.thumbnail_url

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if preview_video_url is not UNSET:
            field_dict["preview_video_url"] = preview_video_url
        if thumbnail_url is not UNSET:
            field_dict["thumbnail_url"] = thumbnail_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        preview_video_url = d.pop("preview_video_url", UNSET)

        thumbnail_url = d.pop("thumbnail_url", UNSET)

        avatar_media = cls(
            preview_video_url=preview_video_url,
            thumbnail_url=thumbnail_url,
        )

        avatar_media.additional_properties = d
        return avatar_media

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
