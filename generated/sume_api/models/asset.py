from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset
from ..types import ModelBase as _ModelBase

if TYPE_CHECKING:
    from ..models.asset_metadata import AssetMetadata
    from ..models.asset_search import AssetSearch
    from ..models.asset_source_video import AssetSourceVideo


T = TypeVar("T", bound="Asset")


@_attrs_define(kw_only=True)
class Asset(_ModelBase):
    """A scene of a video in the Asset Library.

    Attributes:
        id (str): Id of the asset.
        clip_url (None | str | Unset): Clip of the scene alone, once it is materialized.
        created_at (datetime.datetime | None | str | Unset): When the scene was indexed.
        end_time_seconds (float | None | Unset): Where the scene ends in the source video, in seconds.
        media_url (None | str | Unset): Media of the scene.
        metadata (AssetMetadata | None | Unset): What is known of the scene; each member when available.
        object_ (None | str | Unset): Always `asset`.
        search (AssetSearch | None | Unset): How the scene matched; there when a query was given.
        segment_type (None | str | Unset): Role of the scene.
        source_media_url (None | str | Unset): The original source video; cut it at the timecodes.
        source_type (None | str | Unset): Where the video came from.
        source_video (AssetSourceVideo | None | Unset): The original video.
        start_time_seconds (float | None | Unset): Where the scene begins in the source video, in seconds.
        thumbnail_url (None | str | Unset): Still image of the scene.
        title (None | str | Unset): Title of the scene.
    """

    id: str
    clip_url: None | str | Unset = _attrs_field(default=UNSET, repr=False)
    created_at: datetime.datetime | None | str | Unset = UNSET
    end_time_seconds: float | None | Unset = UNSET
    media_url: None | str | Unset = _attrs_field(default=UNSET, repr=False)
    metadata: AssetMetadata | None | Unset = UNSET
    object_: None | str | Unset = UNSET
    search: AssetSearch | None | Unset = UNSET
    segment_type: None | str | Unset = UNSET
    source_media_url: None | str | Unset = _attrs_field(default=UNSET, repr=False)
    source_type: None | str | Unset = UNSET
    source_video: AssetSourceVideo | None | Unset = UNSET
    start_time_seconds: float | None | Unset = UNSET
    thumbnail_url: None | str | Unset = _attrs_field(default=UNSET, repr=False)
    title: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict, repr=False)

    def to_dict(self) -> dict[str, Any]:
        from ..models.asset_metadata import AssetMetadata  # noqa: PLC0415
        from ..models.asset_search import AssetSearch  # noqa: PLC0415
        from ..models.asset_source_video import AssetSourceVideo  # noqa: PLC0415

        id = self.id

        clip_url: None | str | Unset
        if isinstance(self.clip_url, Unset):
            clip_url = UNSET
        else:
            clip_url = self.clip_url

        created_at: None | str | Unset
        if isinstance(self.created_at, Unset):
            created_at = UNSET
        elif isinstance(self.created_at, datetime.datetime):
            created_at = self.created_at.isoformat()
        else:
            created_at = self.created_at

        end_time_seconds: float | None | Unset
        if isinstance(self.end_time_seconds, Unset):
            end_time_seconds = UNSET
        else:
            end_time_seconds = self.end_time_seconds

        media_url: None | str | Unset
        if isinstance(self.media_url, Unset):
            media_url = UNSET
        else:
            media_url = self.media_url

        metadata: dict[str, Any] | None | Unset
        if isinstance(self.metadata, Unset):
            metadata = UNSET
        elif isinstance(self.metadata, AssetMetadata):
            metadata = self.metadata.to_dict()
        else:
            metadata = self.metadata

        object_: None | str | Unset
        if isinstance(self.object_, Unset):
            object_ = UNSET
        else:
            object_ = self.object_

        search: dict[str, Any] | None | Unset
        if isinstance(self.search, Unset):
            search = UNSET
        elif isinstance(self.search, AssetSearch):
            search = self.search.to_dict()
        else:
            search = self.search

        segment_type: None | str | Unset
        if isinstance(self.segment_type, Unset):
            segment_type = UNSET
        else:
            segment_type = self.segment_type

        source_media_url: None | str | Unset
        if isinstance(self.source_media_url, Unset):
            source_media_url = UNSET
        else:
            source_media_url = self.source_media_url

        source_type: None | str | Unset
        if isinstance(self.source_type, Unset):
            source_type = UNSET
        else:
            source_type = self.source_type

        source_video: dict[str, Any] | None | Unset
        if isinstance(self.source_video, Unset):
            source_video = UNSET
        elif isinstance(self.source_video, AssetSourceVideo):
            source_video = self.source_video.to_dict()
        else:
            source_video = self.source_video

        start_time_seconds: float | None | Unset
        if isinstance(self.start_time_seconds, Unset):
            start_time_seconds = UNSET
        else:
            start_time_seconds = self.start_time_seconds

        thumbnail_url: None | str | Unset
        if isinstance(self.thumbnail_url, Unset):
            thumbnail_url = UNSET
        else:
            thumbnail_url = self.thumbnail_url

        title: None | str | Unset
        if isinstance(self.title, Unset):
            title = UNSET
        else:
            title = self.title

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
            }
        )
        if clip_url is not UNSET:
            field_dict["clip_url"] = clip_url
        if created_at is not UNSET:
            field_dict["created_at"] = created_at
        if end_time_seconds is not UNSET:
            field_dict["end_time_seconds"] = end_time_seconds
        if media_url is not UNSET:
            field_dict["media_url"] = media_url
        if metadata is not UNSET:
            field_dict["metadata"] = metadata
        if object_ is not UNSET:
            field_dict["object"] = object_
        if search is not UNSET:
            field_dict["search"] = search
        if segment_type is not UNSET:
            field_dict["segment_type"] = segment_type
        if source_media_url is not UNSET:
            field_dict["source_media_url"] = source_media_url
        if source_type is not UNSET:
            field_dict["source_type"] = source_type
        if source_video is not UNSET:
            field_dict["source_video"] = source_video
        if start_time_seconds is not UNSET:
            field_dict["start_time_seconds"] = start_time_seconds
        if thumbnail_url is not UNSET:
            field_dict["thumbnail_url"] = thumbnail_url
        if title is not UNSET:
            field_dict["title"] = title

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        clip_url = d.pop("clip_url", UNSET)

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

        end_time_seconds = d.pop("end_time_seconds", UNSET)

        media_url = d.pop("media_url", UNSET)

        def _parse_metadata(data: object) -> AssetMetadata | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            from sume_api.models.asset_metadata import AssetMetadata  # noqa: PLC0415

            try:
                if not isinstance(data, dict):
                    raise TypeError()
                metadata_type_0 = AssetMetadata.from_dict(data)

                return metadata_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast("AssetMetadata | None | Unset", data)

        metadata = _parse_metadata(d.pop("metadata", UNSET))

        object_ = d.pop("object", UNSET)

        def _parse_search(data: object) -> AssetSearch | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            from sume_api.models.asset_search import AssetSearch  # noqa: PLC0415

            try:
                if not isinstance(data, dict):
                    raise TypeError()
                search_type_0 = AssetSearch.from_dict(data)

                return search_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast("AssetSearch | None | Unset", data)

        search = _parse_search(d.pop("search", UNSET))

        segment_type = d.pop("segment_type", UNSET)

        source_media_url = d.pop("source_media_url", UNSET)

        source_type = d.pop("source_type", UNSET)

        def _parse_source_video(data: object) -> AssetSourceVideo | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            from sume_api.models.asset_source_video import AssetSourceVideo  # noqa: PLC0415

            try:
                if not isinstance(data, dict):
                    raise TypeError()
                source_video_type_0 = AssetSourceVideo.from_dict(data)

                return source_video_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast("AssetSourceVideo | None | Unset", data)

        source_video = _parse_source_video(d.pop("source_video", UNSET))

        start_time_seconds = d.pop("start_time_seconds", UNSET)

        thumbnail_url = d.pop("thumbnail_url", UNSET)

        title = d.pop("title", UNSET)

        asset = cls(
            id=id,
            clip_url=clip_url,
            created_at=created_at,
            end_time_seconds=end_time_seconds,
            media_url=media_url,
            metadata=metadata,
            object_=object_,
            search=search,
            segment_type=segment_type,
            source_media_url=source_media_url,
            source_type=source_type,
            source_video=source_video,
            start_time_seconds=start_time_seconds,
            thumbnail_url=thumbnail_url,
            title=title,
        )

        asset.additional_properties = d
        return asset

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
