from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset
from ..types import ModelBase as _ModelBase

T = TypeVar("T", bound="Media")


@_attrs_define(kw_only=True)
class Media(_ModelBase):
    """One file a job made.

    Attributes:
        url (str): Where the file can be downloaded; may be signed, so never log it.
        content_type (None | str | Unset): Media type of the file.
        duration_seconds (float | None | Unset): Length in seconds.
        height (int | None | Unset): Height in pixels.
        kind (None | str | Unset): What the file is.
        thumbnail_url (None | str | Unset): Still image of a video.
        width (int | None | Unset): Width in pixels.
    """

    url: str = _attrs_field(repr=False)
    content_type: None | str | Unset = UNSET
    duration_seconds: float | None | Unset = UNSET
    height: int | None | Unset = UNSET
    kind: None | str | Unset = UNSET
    thumbnail_url: None | str | Unset = _attrs_field(default=UNSET, repr=False)
    width: int | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict, repr=False)

    def to_dict(self) -> dict[str, Any]:
        url = self.url

        content_type: None | str | Unset
        if isinstance(self.content_type, Unset):
            content_type = UNSET
        else:
            content_type = self.content_type

        duration_seconds: float | None | Unset
        if isinstance(self.duration_seconds, Unset):
            duration_seconds = UNSET
        else:
            duration_seconds = self.duration_seconds

        height: int | None | Unset
        if isinstance(self.height, Unset):
            height = UNSET
        else:
            height = self.height

        kind: None | str | Unset
        if isinstance(self.kind, Unset):
            kind = UNSET
        else:
            kind = self.kind

        thumbnail_url: None | str | Unset
        if isinstance(self.thumbnail_url, Unset):
            thumbnail_url = UNSET
        else:
            thumbnail_url = self.thumbnail_url

        width: int | None | Unset
        if isinstance(self.width, Unset):
            width = UNSET
        else:
            width = self.width

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "url": url,
            }
        )
        if content_type is not UNSET:
            field_dict["content_type"] = content_type
        if duration_seconds is not UNSET:
            field_dict["duration_seconds"] = duration_seconds
        if height is not UNSET:
            field_dict["height"] = height
        if kind is not UNSET:
            field_dict["kind"] = kind
        if thumbnail_url is not UNSET:
            field_dict["thumbnail_url"] = thumbnail_url
        if width is not UNSET:
            field_dict["width"] = width

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        url = d.pop("url")

        content_type = d.pop("content_type", UNSET)

        duration_seconds = d.pop("duration_seconds", UNSET)

        height = d.pop("height", UNSET)

        kind = d.pop("kind", UNSET)

        thumbnail_url = d.pop("thumbnail_url", UNSET)

        width = d.pop("width", UNSET)

        media = cls(
            url=url,
            content_type=content_type,
            duration_seconds=duration_seconds,
            height=height,
            kind=kind,
            thumbnail_url=thumbnail_url,
            width=width,
        )

        media.additional_properties = d
        return media

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
