from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset
from ..types import ModelBase as _ModelBase

if TYPE_CHECKING:
    from ..models.me_api_key import MeApiKey
    from ..models.me_user import MeUser
    from ..models.me_workspace import MeWorkspace


T = TypeVar("T", bound="Me")


@_attrs_define(kw_only=True)
class Me(_ModelBase):
    """Who the API key belongs to.

    Attributes:
        api_key (MeApiKey): Sanitized metadata of the key in use.
        user (MeUser): The authenticated user.
        workspace (MeWorkspace): The workspace the key is bound to.
        object_ (None | str | Unset): Always `account`.
    """

    api_key: MeApiKey = _attrs_field(repr=False)
    user: MeUser
    workspace: MeWorkspace
    object_: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict, repr=False)

    def to_dict(self) -> dict[str, Any]:
        api_key = self.api_key.to_dict()

        user = self.user.to_dict()

        workspace = self.workspace.to_dict()

        object_: None | str | Unset
        if isinstance(self.object_, Unset):
            object_ = UNSET
        else:
            object_ = self.object_

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "api_key": api_key,
                "user": user,
                "workspace": workspace,
            }
        )
        if object_ is not UNSET:
            field_dict["object"] = object_

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.me_api_key import MeApiKey  # noqa: PLC0415
        from ..models.me_user import MeUser  # noqa: PLC0415
        from ..models.me_workspace import MeWorkspace  # noqa: PLC0415

        d = dict(src_dict)
        api_key = MeApiKey.from_dict(d.pop("api_key"))

        user = MeUser.from_dict(d.pop("user"))

        workspace = MeWorkspace.from_dict(d.pop("workspace"))

        object_ = d.pop("object", UNSET)

        me = cls(
            api_key=api_key,
            user=user,
            workspace=workspace,
            object_=object_,
        )

        me.additional_properties = d
        return me

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
