from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.image_generation_request_aspect_ratio import (
    ImageGenerationRequestAspectRatio,
    check_image_generation_request_aspect_ratio,
)
from ..types import UNSET, Unset
from ..types import ModelBase as _ModelBase

T = TypeVar("T", bound="ImageGenerationRequest")


@_attrs_define(kw_only=True)
class ImageGenerationRequest(_ModelBase):
    """What to make an image of.

    Attributes:
        prompt (str): What the image should show. Example: Clean skincare product photo on a white bathroom counter..
        aspect_ratio (ImageGenerationRequestAspectRatio | Unset): Width to height. Documented: 1:1, 4:5, 9:16.
        image_count (int | Unset): How many images to make; currently 1 comes reliably. Example: 1.
        quality (str | Unset): Quality of the image, as supported by Sume.
        reference_image_urls (list[str] | Unset): HTTPS image URLs that Sume returned to this workspace, to be used as
            references.
        resolution (str | Unset): Resolution of the image, as supported by Sume.
    """

    prompt: str
    aspect_ratio: ImageGenerationRequestAspectRatio | Unset = UNSET
    image_count: int | Unset = UNSET
    quality: str | Unset = UNSET
    reference_image_urls: list[str] | Unset = _attrs_field(default=UNSET, repr=False)
    resolution: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict, repr=False)

    def to_dict(self) -> dict[str, Any]:
        prompt = self.prompt

        aspect_ratio: str | Unset = UNSET
        if not isinstance(self.aspect_ratio, Unset):
            aspect_ratio = self.aspect_ratio

        image_count = self.image_count

        quality = self.quality

        reference_image_urls: list[str] | Unset = UNSET
        if not isinstance(self.reference_image_urls, Unset):
            reference_image_urls = self.reference_image_urls

        resolution = self.resolution

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "prompt": prompt,
            }
        )
        if aspect_ratio is not UNSET:
            field_dict["aspect_ratio"] = aspect_ratio
        if image_count is not UNSET:
            field_dict["image_count"] = image_count
        if quality is not UNSET:
            field_dict["quality"] = quality
        if reference_image_urls is not UNSET:
            field_dict["reference_image_urls"] = reference_image_urls
        if resolution is not UNSET:
            field_dict["resolution"] = resolution

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        prompt = d.pop("prompt")

        _aspect_ratio = d.pop("aspect_ratio", UNSET)
        aspect_ratio: ImageGenerationRequestAspectRatio | Unset
        if isinstance(_aspect_ratio, Unset):
            aspect_ratio = UNSET
        else:
            aspect_ratio = check_image_generation_request_aspect_ratio(_aspect_ratio)

        image_count = d.pop("image_count", UNSET)

        quality = d.pop("quality", UNSET)

        reference_image_urls = cast(list[str], d.pop("reference_image_urls", UNSET))

        resolution = d.pop("resolution", UNSET)

        image_generation_request = cls(
            prompt=prompt,
            aspect_ratio=aspect_ratio,
            image_count=image_count,
            quality=quality,
            reference_image_urls=reference_image_urls,
            resolution=resolution,
        )

        image_generation_request.additional_properties = d
        return image_generation_request

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
