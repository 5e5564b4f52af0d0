from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset
from ..types import ModelBase as _ModelBase

if TYPE_CHECKING:
    from ..models.avatar_capabilities import AvatarCapabilities
    from ..models.avatar_media import AvatarMedia


T = TypeVar("T", bound="Avatar")


@_attrs_define(kw_only=True)
class Avatar(_ModelBase):
    """An avatar that can act in videos.

    Attributes:
        id (str): Id of the avatar.
        capabilities (AvatarCapabilities | None | Unset): What the avatar can be used for.
        created_at (datetime.datetime | None | str | Unset): When the avatar was made.
        media (AvatarMedia | None | Unset): Media that show the avatar.
        name (None | str | Unset): Name of the avatar.
        object_ (None | str | Unset): Always `avatar`.
        visibility (None | str | Unset): Whether the avatar is public or belongs to the workspace.
    """

    id: str
    capabilities: AvatarCapabilities | None | Unset = UNSET
    created_at: datetime.datetime | None | str | Unset = UNSET
    media: AvatarMedia | None | Unset = UNSET
    name: None | str | Unset = UNSET
    object_: None | str | Unset = UNSET
    visibility: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict, repr=False)

    def to_dict(self) -> dict[str, Any]:
        from ..models.avatar_capabilities import AvatarCapabilities  # noqa: PLC0415
        from ..models.avatar_media import AvatarMedia  # noqa: PLC0415

        id = self.id

        capabilities: dict[str, Any] | None | Unset
        if isinstance(self.capabilities, Unset):
            capabilities = UNSET
        elif isinstance(self.capabilities, AvatarCapabilities):
            capabilities = self.capabilities.to_dict()
        else:
            capabilities = self.capabilities

        created_at: None | str | Unset
        if isinstance(self.created_at, Unset):
            created_at = UNSET
        elif isinstance(self.created_at, datetime.datetime):
            created_at = self.created_at.isoformat()
        else:
            created_at = self.created_at

        media: dict[str, Any] | None | Unset
        if isinstance(self.media, Unset):
            media = UNSET
        elif isinstance(self.media, AvatarMedia):
            media = self.media.to_dict()
        else:
            media = self.media

        name: None | str | Unset
        if isinstance(self.name, Unset):
            name = UNSET
        else:
            name = self.name

        object_: None | str | Unset
        if isinstance(self.object_, Unset):
            object_ = UNSET
        else:
            object_ = self.object_

        visibility: None | str | Unset
        if isinstance(self.visibility, Unset):
            visibility = UNSET
        else:
            visibility = self.visibility

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
            }
        )
        if capabilities is not UNSET:
            field_dict["capabilities"] = capabilities
        if created_at is not UNSET:
            field_dict["created_at"] = created_at
        if media is not UNSET:
            field_dict["media"] = media
        if name is not UNSET:
            field_dict["name"] = name
        if object_ is not UNSET:
            field_dict["object"] = object_
        if visibility is not UNSET:
            field_dict["visibility"] = visibility

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        def _parse_capabilities(data: object) -> AvatarCapabilities | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            from sume_api.models.avatar_capabilities import AvatarCapabilities  # noqa: PLC0415

            try:
                if not isinstance(data, dict):
                    raise TypeError()
                capabilities_type_0 = AvatarCapabilities.from_dict(data)

                return capabilities_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast("AvatarCapabilities | None | Unset", data)

        capabilities = _parse_capabilities(d.pop("capabilities", UNSET))

        def _parse_created_at(data: object) -> datetime.datetime | None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                created_at_type_0 = datetime.datetime.fromisoformat(data)

                return created_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast("datetime.datetime | None | str | Unset", data)

        created_at = _parse_created_at(d.pop("created_at", UNSET))

        def _parse_media(data: object) -> AvatarMedia | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            from sume_api.models.avatar_media import AvatarMedia  # noqa: PLC0415

            try:
                if not isinstance(data, dict):
                    raise TypeError()
                media_type_0 = AvatarMedia.from_dict(data)

                return media_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast("AvatarMedia | None | Unset", data)

        media = _parse_media(d.pop("media", UNSET))

        name = d.pop("name", UNSET)

        object_ = d.pop("object", UNSET)

        visibility = d.pop("visibility", UNSET)

        avatar = cls(
            id=id,
            capabilities=capabilities,
            created_at=created_at,
            media=media,
            name=name,
            object_=object_,
            visibility=visibility,
        )

        avatar.additional_properties = d
        return avatar

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
