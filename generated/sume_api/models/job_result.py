from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset
from ..types import ModelBase as _ModelBase

if TYPE_CHECKING:
    from ..models.job_error import JobError
    from ..models.job_output import JobOutput


T = TypeVar("T", bound="JobResult")


@_attrs_define(kw_only=True)
class JobResult(_ModelBase):
    """A completed job together with what it made.

    Attributes:
        id (str): Id of the job.
        status (str): Where the job stands. `completed` has a result; `failed`, `canceled` and `expired` are final
            without one; anything else, known or not, is still running.
        completed_at (datetime.datetime | None | str | Unset): When the job reached a final status; null before.
        created_at (datetime.datetime | None | str | Unset): When the job was accepted.
        credits_ (float | None | Unset): Credits reserved or spent by the job; null when unknown.
        error (JobError | None | Unset): Why the job failed, sanitized; null otherwise.
        object_ (None | str | Unset): Always `job`.
        progress (float | None | Unset): Share of the work done, from 0 to 1; null when unknown.
        result (JobOutput | None | Unset): What the job made; which members are filled depends on the type of the job.
        result_url (None | str | Unset): Where the result can be fetched once the job is completed; null before.
        type_ (None | str | Unset): What kind of work the job does.
        updated_at (datetime.datetime | None | str | Unset): When the job last changed.
    """

    id: str
    status: str
    completed_at: datetime.datetime | None | str | Unset = UNSET
    created_at: datetime.datetime | None | str | Unset = UNSET
    credits_: float | None | Unset = UNSET
    error: JobError | None | Unset = UNSET
    object_: None | str | Unset = UNSET
    progress: float | None | Unset = UNSET
    result: JobOutput | None | Unset = UNSET
    result_url: None | str | Unset = _attrs_field(default=UNSET, repr=False)
    type_: None | str | Unset = UNSET
    updated_at: datetime.datetime | None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict, repr=False)

    def to_dict(self) -> dict[str, Any]:
        from ..models.job_error import JobError  # noqa: PLC0415
        from ..models.job_output import JobOutput  # noqa: PLC0415

        id = self.id

        status = self.status

        completed_at: None | str | Unset
        if isinstance(self.completed_at, Unset):
            completed_at = UNSET
        elif isinstance(self.completed_at, datetime.datetime):
            completed_at = self.completed_at.isoformat()
        else:
            completed_at = self.completed_at

        created_at: None | str | Unset
        if isinstance(self.created_at, Unset):
            created_at = UNSET
        elif isinstance(self.created_at, datetime.datetime):
            created_at = self.created_at.isoformat()
        else:
            created_at = self.created_at

        credits_: float | None | Unset
        if isinstance(self.credits_, Unset):
            credits_ = UNSET
        else:
            credits_ = self.credits_

        error: dict[str, Any] | None | Unset
        if isinstance(self.error, Unset):
            error = UNSET
        elif isinstance(self.error, JobError):
            error = self.error.to_dict()
        else:
            error = self.error

        object_: None | str | Unset
        if isinstance(self.object_, Unset):
            object_ = UNSET
        else:
            object_ = self.object_

        progress: float | None | Unset
        if isinstance(self.progress, Unset):
            progress = UNSET
        else:
            progress = self.progress

        result: dict[str, Any] | None | Unset
        if isinstance(self.result, Unset):
            result = UNSET
        elif isinstance(self.result, JobOutput):
            result = self.result.to_dict()
        else:
            result = self.result

        result_url: None | str | Unset
        if isinstance(self.result_url, Unset):
            result_url = UNSET
        else:
            result_url = self.result_url

        type_: None | str | Unset
        if isinstance(self.type_, Unset):
            type_ = UNSET
        else:
            type_ = self.type_

        updated_at: None | str | Unset
        if isinstance(self.updated_at, Unset):
            updated_at = UNSET
        elif isinstance(self.updated_at, datetime.datetime):
            updated_at = self.updated_at.isoformat()
        else:
            updated_at = self.updated_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "status": status,
            }
        )
        if completed_at is not UNSET:
            field_dict["completed_at"] = completed_at
        if created_at is not UNSET:
            field_dict["created_at"] = created_at
        if credits_ is not UNSET:
            field_dict["credits"] = credits_
        if error is not UNSET:
            field_dict["error"] = error
        if object_ is not UNSET:
            field_dict["object"] = object_
        if progress is not UNSET:
            field_dict["progress"] = progress
        if result is not UNSET:
            field_dict["result"] = result
        if result_url is not UNSET:
            field_dict["result_url"] = result_url
        if type_ is not UNSET:
            field_dict["type"] = type_
        if updated_at is not UNSET:
            field_dict["updated_at"] = updated_at

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        status = d.pop("status")

        def _parse_completed_at(data: object) -> datetime.datetime | None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                completed_at_type_0 = datetime.datetime.fromisoformat(data)

                return completed_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast("datetime.datetime | None | str | Unset", data)

        completed_at = _parse_completed_at(d.pop("completed_at", UNSET))

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

        credits_ = d.pop("credits", UNSET)

        def _parse_error(data: object) -> JobError | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            from sume_api.models.job_error import JobError  # noqa: PLC0415

            try:
                if not isinstance(data, dict):
                    raise TypeError()
                error_type_0 = JobError.from_dict(data)

                return error_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast("JobError | None | Unset", data)

        error = _parse_error(d.pop("error", UNSET))

        object_ = d.pop("object", UNSET)

        progress = d.pop("progress", UNSET)

        def _parse_result(data: object) -> JobOutput | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            from sume_api.models.job_output import JobOutput  # noqa: PLC0415

            try:
                if not isinstance(data, dict):
                    raise TypeError()
                result_type_0 = JobOutput.from_dict(data)

                return result_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast("JobOutput | None | Unset", data)

        result = _parse_result(d.pop("result", UNSET))

        result_url = d.pop("result_url", UNSET)

        type_ = d.pop("type", UNSET)

        def _parse_updated_at(data: object) -> datetime.datetime | None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                updated_at_type_0 = datetime.datetime.fromisoformat(data)

                return updated_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast("datetime.datetime | None | str | Unset", data)

        updated_at = _parse_updated_at(d.pop("updated_at", UNSET))

        job_result = cls(
            id=id,
            status=status,
            completed_at=completed_at,
            created_at=created_at,
            credits_=credits_,
            error=error,
            object_=object_,
            progress=progress,
            result=result,
            result_url=result_url,
            type_=type_,
            updated_at=updated_at,
        )

        job_result.additional_properties = d
        return job_result

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
