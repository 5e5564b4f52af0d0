from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset
from ..types import ModelBase as _ModelBase

if TYPE_CHECKING:
    from ..models.asset import Asset


T = TypeVar("T", bound="AssetAccepted")


@_attrs_define(kw_only=True)
class AssetAccepted(_ModelBase):
    """An upload was finalized and its ingest enqueued.

    Attributes:
        job_id (str): Id of the job to poll.
        asset (Asset | None | Unset): The asset, if one exists already.
        object_ (None | str | Unset): Always `asset_ingest`.
        status (None | str | Unset): Where the job stands. `completed` has a result; `failed`, `canceled` and `expired`
            are final without one; anything else, known or not, is still running.
    """

    job_id: str
    asset: Asset | None | Unset = UNSET
    object_: None | str | Unset = UNSET
    status: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict, repr=False)

    def to_dict(self) -> dict[str, Any]:
        from ..models.asset import Asset  # noqa: PLC0415

        job_id = self.job_id

        asset: dict[str, Any] | None | Unset
        if isinstance(self.asset, Unset):
            asset = UNSET
        elif isinstance(self.asset, Asset):
            asset = self.asset.to_dict()
        else:
            asset = self.asset

        object_: None | str | Unset
        if isinstance(self.object_, Unset):
            object_ = UNSET
        else:
            object_ = self.object_

        status: None | str | Unset
        if isinstance(self.status, Unset):
            status = UNSET
        else:
            status = self.status

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "job_id": job_id,
            }
        )
        if asset is not UNSET:
            field_dict["asset"] = asset
        if object_ is not UNSET:
            field_dict["object"] = object_
        if status is not UNSET:
            field_dict["status"] = status

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        job_id = d.pop("job_id")

        def _parse_asset(data: object) -> Asset | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            from sume_api.models.asset import Asset  # noqa: PLC0415

            try:
                if not isinstance(data, dict):
                    raise TypeError()
                asset_type_0 = Asset.from_dict(data)

                return asset_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast("Asset | None | Unset", data)

        asset = _parse_asset(d.pop("asset", UNSET))

        object_ = d.pop("object", UNSET)

        status = d.pop("status", UNSET)

        asset_accepted = cls(
            job_id=job_id,
            asset=asset,
            object_=object_,
            status=status,
        )

        asset_accepted.additional_properties = d
        return asset_accepted

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
