from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.video_generation_request_resolution import (
    VideoGenerationRequestResolution,
    check_video_generation_request_resolution,
)
from ..types import UNSET, Unset
from ..types import ModelBase as _ModelBase

T = TypeVar("T", bound="VideoGenerationRequest")


@_attrs_define(kw_only=True)
class VideoGenerationRequest(_ModelBase):
    """What to make a video of.

    Attributes:
        prompt (str): What the video should show. Example: A creator demonstrates a vitamin serum in a bright studio..
        aspect_ratio (str | Unset): Width to height. Example: 9:16.
        duration (float | Unset): Length in seconds, 4 to 15. Example: 5.
        generate_audio (bool | Unset): Whether to make sound, too, if supported. Example: False.
        resolution (VideoGenerationRequestResolution | Unset): Resolution of the video.
    """

    prompt: str
    aspect_ratio: str | Unset = UNSET
    duration: float | Unset = UNSET
    generate_audio: bool | Unset = UNSET
    resolution: VideoGenerationRequestResolution | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict, repr=False)

    def to_dict(self) -> dict[str, Any]:
        prompt = self.prompt

        aspect_ratio = self.aspect_ratio

        duration = self.duration

        generate_audio = self.generate_audio

        resolution: str | Unset = UNSET
        if not isinstance(self.resolution, Unset):
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
        if duration is not UNSET:
            field_dict["duration"] = duration
        if generate_audio is not UNSET:
            field_dict["generate_audio"] = generate_audio
        if resolution is not UNSET:
            field_dict["resolution"] = resolution

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        prompt = d.pop("prompt")

        aspect_ratio = d.pop("aspect_ratio", UNSET)

        duration = d.pop("duration", UNSET)

        generate_audio = d.pop("generate_audio", UNSET)

        _resolution = d.pop("resolution", UNSET)
        resolution: VideoGenerationRequestResolution | Unset
        if isinstance(_resolution, Unset):
            resolution = UNSET
        else:
            resolution = check_video_generation_request_resolution(_resolution)

        video_generation_request = cls(
            prompt=prompt,
            aspect_ratio=aspect_ratio,
            duration=duration,
            generate_audio=generate_audio,
            resolution=resolution,
        )

        video_generation_request.additional_properties = d
        return video_generation_request

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
