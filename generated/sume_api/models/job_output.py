from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset
from ..types import ModelBase as _ModelBase

if TYPE_CHECKING:
    from ..models.job_output_analysis import JobOutputAnalysis
    from ..models.media import Media


T = TypeVar("T", bound="JobOutput")


@_attrs_define(kw_only=True)
class JobOutput(_ModelBase):
    """What the job made; which members are filled depends on the type of the job.

    Attributes:
        analysis (JobOutputAnalysis | None | Unset): Structured result of a reference analysis; null for other jobs.
        asset_ids (list[str] | None | Unset): Ids of the scene assets an ingest made; null for other jobs.
        media (list[Media] | None | Unset): Files the job made.
        source_media_url (None | str | Unset): The video an ingest was made from; null for other jobs.
    """

    analysis: JobOutputAnalysis | None | Unset = UNSET
    asset_ids: list[str] | None | Unset = UNSET
    media: list[Media] | None | Unset = UNSET
    source_media_url: None | str | Unset = _attrs_field(default=UNSET, repr=False)
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict, repr=False)

    def to_dict(self) -> dict[str, Any]:
        from ..models.job_output_analysis import JobOutputAnalysis  # noqa: PLC0415

        analysis: dict[str, Any] | None | Unset
        if isinstance(self.analysis, Unset):
            analysis = UNSET
        elif isinstance(self.analysis, JobOutputAnalysis):
            analysis = self.analysis.to_dict()
        else:
            analysis = self.analysis

        asset_ids: list[str] | None | Unset
        if isinstance(self.asset_ids, Unset):
            asset_ids = UNSET
        elif isinstance(self.asset_ids, list):
            asset_ids = self.asset_ids

        else:
            asset_ids = self.asset_ids

        media: list[dict[str, Any]] | None | Unset
        if isinstance(self.media, Unset):
            media = UNSET
        elif isinstance(self.media, list):
            media = []
            for media_type_0_item_data in self.media:
                media_type_0_item = media_type_0_item_data.to_dict()
                media.append(media_type_0_item)

        else:
            media = self.media

        source_media_url: None | str | Unset
        if isinstance(self.source_media_url, Unset):
            source_media_url = UNSET
        else:
            source_media_url = self.source_media_url

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if analysis is not UNSET:
            field_dict["analysis"] = analysis
        if asset_ids is not UNSET:
            field_dict["asset_ids"] = asset_ids
        if media is not UNSET:
            field_dict["media"] = media
        if source_media_url is not UNSET:
            field_dict["source_media_url"] = source_media_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_analysis(data: object) -> JobOutputAnalysis | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            from sume_api.models.job_output_analysis import JobOutputAnalysis  # noqa: PLC0415

            try:
                if not isinstance(data, dict):
                    raise TypeError()
                analysis_type_0 = JobOutputAnalysis.from_dict(data)

                return analysis_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast("JobOutputAnalysis | None | Unset", data)

        analysis = _parse_analysis(d.pop("analysis", UNSET))

        def _parse_asset_ids(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                asset_ids_type_0 = cast(list[str], data)

                return asset_ids_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast("list[str] | None | Unset", data)

        asset_ids = _parse_asset_ids(d.pop("asset_ids", UNSET))

        def _parse_media(data: object) -> list[Media] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            from sume_api.models.media import Media  # noqa: PLC0415

            try:
                if not isinstance(data, list):
                    raise TypeError()
                media_type_0 = []
                _media_type_0 = data
                for media_type_0_item_data in _media_type_0:
                    media_type_0_item = Media.from_dict(media_type_0_item_data)

                    media_type_0.append(media_type_0_item)

                return media_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast("list[Media] | None | Unset", data)

        media = _parse_media(d.pop("media", UNSET))

        source_media_url = d.pop("source_media_url", UNSET)

        job_output = cls(
            analysis=analysis,
            asset_ids=asset_ids,
            media=media,
            source_media_url=source_media_url,
        )

        job_output.additional_properties = d
        return job_output

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
