from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.ad_video_request_resolution import (
    AdVideoRequestResolution,
    check_ad_video_request_resolution,
)
from ..models.ad_video_request_style import (
    AdVideoRequestStyle,
    check_ad_video_request_style,
)
from ..types import UNSET, Unset
from ..types import ModelBase as _ModelBase

T = TypeVar("T", bound="AdVideoRequest")


@_attrs_define(kw_only=True)
class AdVideoRequest(_ModelBase):
    """What to make an ad of, and who acts in it.

    Attributes:
        avatar_id (str): Avatar that acts, from the list of avatars. Example: avatar_123.
        prompt (str): What the ad should show.
        aspect_ratio (str | Unset): Width to height. Example: 9:16.
        duration (float | Unset): Length in seconds, 4 to 15. Example: 8.
        reference_image_urls (list[str] | Unset): HTTPS image URLs that Sume returned to this workspace, for the UGC
            style.
        resolution (AdVideoRequestResolution | Unset): Resolution of the video.
        script (str | Unset): What the avatar says.
        style (AdVideoRequestStyle | Unset): Talking head, or UGC style with references.
    """

    avatar_id: str
    prompt: str
    aspect_ratio: str | Unset = UNSET
    duration: float | Unset = UNSET
    reference_image_urls: list[str] | Unset = _attrs_field(default=UNSET, repr=False)
    resolution: AdVideoRequestResolution | Unset = UNSET
    script: str | Unset = UNSET
    style: AdVideoRequestStyle | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict, repr=False)

    def to_dict(self) -> dict[str, Any]:
        avatar_id = self.avatar_id

        prompt = self.prompt

        aspect_ratio = self.aspect_ratio

        duration = self.duration

        reference_image_urls: list[str] | Unset = UNSET
        if not isinstance(self.reference_image_urls, Unset):
            reference_image_urls = self.reference_image_urls

        resolution: str | Unset = UNSET
        if not isinstance(self.resolution, Unset):
            resolution = self.resolution

        script = self.script

        style: str | Unset = UNSET
        if not isinstance(self.style, Unset):
            style = self.style

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "avatar_id": avatar_id,
                "prompt": prompt,
            }
        )
        if aspect_ratio is not UNSET:
            field_dict["aspect_ratio"] = aspect_ratio
        if duration is not UNSET:
            field_dict["duration"] = duration
        if reference_image_urls is not UNSET:
            field_dict["reference_image_urls"] = reference_image_urls
        if resolution is not UNSET:
            field_dict["resolution"] = resolution
        if script is not UNSET:
            field_dict["script"] = script
        if style is not UNSET:
            field_dict["style"] = style

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        avatar_id = d.pop("avatar_id")

        prompt = d.pop("prompt")

        aspect_ratio = d.pop("aspect_ratio", UNSET)

        duration = d.pop("duration", UNSET)

        reference_image_urls = cast(list[str], d.pop("reference_image_urls", UNSET))

        _resolution = d.pop("resolution", UNSET)
        resolution: AdVideoRequestResolution | Unset
        if isinstance(_resolution, Unset):
            resolution = UNSET
        else:
            resolution = check_ad_video_request_resolution(_resolution)

        script = d.pop("script", UNSET)

        _style = d.pop("style", UNSET)
        style: AdVideoRequestStyle | Unset
        if isinstance(_style, Unset):
            style = UNSET
        else:
            style = check_ad_video_request_style(_style)

        ad_video_request = cls(
            avatar_id=avatar_id,
            prompt=prompt,
            aspect_ratio=aspect_ratio,
            duration=duration,
            reference_image_urls=reference_image_urls,
            resolution=resolution,
            script=script,
            style=style,
        )

        ad_video_request.additional_properties = d
        return ad_video_request

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
