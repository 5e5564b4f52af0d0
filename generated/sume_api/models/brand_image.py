from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset
from ..types import ModelBase as _ModelBase

T = TypeVar("T", bound="BrandImage")


@_attrs_define(kw_only=True)
class BrandImage(_ModelBase):
    """An image of the brand.

    Attributes:
        description (None | str | Unset): What the image shows.
        reference_url (None | str | Unset): URL that can be passed in `reference_image_urls` of an image generation,
            when present.
    """

    description: None | str | Unset = UNSET
    reference_url: None | str | Unset = _attrs_field(default=UNSET, repr=False)
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict, repr=False)

    def to_dict(self) -> dict[str, Any]:
        description: None | str | Unset
        if isinstance(self.description, Unset):
            description = UNSET
        else:
            description = self.description

        reference_url: None | str | Unset
        if isinstance(self.reference_url, Unset):
            reference_url = UNSET
        else:
            reference_url = self.reference_url

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if description is not UNSET:
            field_dict["description"] = description
        if reference_url is not UNSET:
            field_dict["reference_url"] = reference_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        description = d.pop("description", UNSET)

        reference_url = d.pop("reference_url", UNSET)

        brand_image = cls(
            description=description,
            reference_url=reference_url,
        )

        brand_image.additional_properties = d
        return brand_image

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
