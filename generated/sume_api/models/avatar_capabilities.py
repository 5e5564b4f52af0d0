from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset
from ..types import ModelBase as _ModelBase

T = TypeVar("T", bound="AvatarCapabilities")


@_attrs_define(kw_only=True)
class AvatarCapabilities(_ModelBase):
    """What the avatar can be used for.

    Attributes:
        face_swap (bool | None | Unset): Whether it works for Face Swap.
        talking_head (bool | None | Unset): Whether it works for talking-head videos.
        ugc (bool | None | Unset): Whether it works for UGC ad videos.
    """

    face_swap: bool | None | Unset = UNSET
    talking_head: bool | None | Unset = UNSET
    ugc: bool | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict, repr=False)

    def to_dict(self) -> dict[str, Any]:
        face_swap: bool | None | Unset
        if isinstance(self.face_swap, Unset):
            face_swap = UNSET
        else:
            face_swap = self.face_swap

        talking_head: bool | None | Unset
        if isinstance(self.talking_head, Unset):
            talking_head = UNSET
        else:
            talking_head = self.talking_head

        ugc: bool | None | Unset
        if isinstance(self.ugc, Unset):
            ugc = UNSET
        else:
            ugc = self.ugc

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if face_swap is not UNSET:
            field_dict["face_swap"] = face_swap
        if talking_head is not UNSET:
            field_dict["talking_head"] = talking_head
        if ugc is not UNSET:
            field_dict["ugc"] = ugc

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        face_swap = d.pop("face_swap", UNSET)

        talking_head = d.pop("talking_head", UNSET)

        ugc = d.pop("ugc", UNSET)

        avatar_capabilities = cls(
            face_swap=face_swap,
            talking_head=talking_head,
            ugc=ugc,
        )

        avatar_capabilities.additional_properties = d
        return avatar_capabilities

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
