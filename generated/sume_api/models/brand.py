from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset
from ..types import ModelBase as _ModelBase

if TYPE_CHECKING:
    from ..models.brand_image import BrandImage


T = TypeVar("T", bound="Brand")


@_attrs_define(kw_only=True)
class Brand(_ModelBase):
    """A sanitized Brand DNA profile.

    Attributes:
        id (str): Id of the brand.
        colors (list[str] | None | Unset): Brand colors.
        created_at (datetime.datetime | None | str | Unset): When the profile was made.
        description (None | str | Unset): What the brand is and sells.
        domain (None | str | Unset): Website domain the profile was made from.
        images (list[BrandImage] | None | Unset): Images of the brand.
        name (None | str | Unset): Name of the brand.
        object_ (None | str | Unset): Always `brand`.
        product_claims (list[str] | None | Unset): Claims the brand makes about its products.
        tone (None | str | Unset): How the brand speaks.
    """

    id: str
    colors: list[str] | None | Unset = UNSET
    created_at: datetime.datetime | None | str | Unset = UNSET
    description: None | str | Unset = UNSET
    domain: None | str | Unset = UNSET
    images: list[BrandImage] | None | Unset = UNSET
    name: None | str | Unset = UNSET
    object_: None | str | Unset = UNSET
    product_claims: list[str] | None | Unset = UNSET
    tone: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict, repr=False)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        colors: list[str] | None | Unset
        if isinstance(self.colors, Unset):
            colors = UNSET
        elif isinstance(self.colors, list):
            colors = self.colors

        else:
            colors = self.colors

        created_at: None | str | Unset
        if isinstance(self.created_at, Unset):
            created_at = UNSET
        elif isinstance(self.created_at, datetime.datetime):
            created_at = self.created_at.isoformat()
        else:
            created_at = self.created_at

        description: None | str | Unset
        if isinstance(self.description, Unset):
            description = UNSET
        else:
            description = self.description

        domain: None | str | Unset
        if isinstance(self.domain, Unset):
            domain = UNSET
        else:
            domain = self.domain

        images: list[dict[str, Any]] | None | Unset
        if isinstance(self.images, Unset):
            images = UNSET
        elif isinstance(self.images, list):
            images = []
            for images_type_0_item_data in self.images:
                images_type_0_item = images_type_0_item_data.to_dict()
                images.append(images_type_0_item)

        else:
            images = self.images

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

        product_claims: list[str] | None | Unset
        if isinstance(self.product_claims, Unset):
            product_claims = UNSET
        elif isinstance(self.product_claims, list):
            product_claims = self.product_claims

        else:
            product_claims = self.product_claims

        tone: None | str | Unset
        if isinstance(self.tone, Unset):
            tone = UNSET
        else:
            tone = self.tone

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
            }
        )
        if colors is not UNSET:
            field_dict["colors"] = colors
        if created_at is not UNSET:
            field_dict["created_at"] = created_at
        if description is not UNSET:
            field_dict["description"] = description
        if domain is not UNSET:
            field_dict["domain"] = domain
        if images is not UNSET:
            field_dict["images"] = images
        if name is not UNSET:
            field_dict["name"] = name
        if object_ is not UNSET:
            field_dict["object"] = object_
        if product_claims is not UNSET:
            field_dict["product_claims"] = product_claims
        if tone is not UNSET:
            field_dict["tone"] = tone

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        def _parse_colors(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                colors_type_0 = cast(list[str], data)

                return colors_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast("list[str] | None | Unset", data)

        colors = _parse_colors(d.pop("colors", UNSET))

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

        description = d.pop("description", UNSET)

        domain = d.pop("domain", UNSET)

        def _parse_images(data: object) -> list[BrandImage] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            from sume_api.models.brand_image import BrandImage  # noqa: PLC0415

            try:
                if not isinstance(data, list):
                    raise TypeError()
                images_type_0 = []
                _images_type_0 = data
                for images_type_0_item_data in _images_type_0:
                    images_type_0_item = BrandImage.from_dict(images_type_0_item_data)

                    images_type_0.append(images_type_0_item)

                return images_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast("list[BrandImage] | None | Unset", data)

        images = _parse_images(d.pop("images", UNSET))

        name = d.pop("name", UNSET)

        object_ = d.pop("object", UNSET)

        def _parse_product_claims(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                product_claims_type_0 = cast(list[str], data)

                return product_claims_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast("list[str] | None | Unset", data)

        product_claims = _parse_product_claims(d.pop("product_claims", UNSET))

        tone = d.pop("tone", UNSET)

        brand = cls(
            id=id,
            colors=colors,
            created_at=created_at,
            description=description,
            domain=domain,
            images=images,
            name=name,
            object_=object_,
            product_claims=product_claims,
            tone=tone,
        )

        brand.additional_properties = d
        return brand

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
