from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset
from ..types import ModelBase as _ModelBase

if TYPE_CHECKING:
    from ..models.concurrency import Concurrency


T = TypeVar("T", bound="Credits")


@_attrs_define(kw_only=True)
class Credits(_ModelBase):
    """Plan, credits and active generation capacity of the workspace.

    Attributes:
        bonus_credits (float | None | Unset): Credits granted on top of the plan.
        concurrency (Concurrency | None | Unset): Active generation capacity, when available.
        monthly_credits (float | None | Unset): Credits the plan grants each month.
        object_ (None | str | Unset): Always `credits`.
        plan (None | str | Unset): Name of the plan.
        remaining_credits (float | None | Unset): Credits that can be spent now.
    """

    bonus_credits: float | None | Unset = UNSET
    concurrency: Concurrency | None | Unset = UNSET
    monthly_credits: float | None | Unset = UNSET
    object_: None | str | Unset = UNSET
    plan: None | str | Unset = UNSET
    remaining_credits: float | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict, repr=False)

    def to_dict(self) -> dict[str, Any]:
        from ..models.concurrency import Concurrency  # noqa: PLC0415

        bonus_credits: float | None | Unset
        if isinstance(self.bonus_credits, Unset):
            bonus_credits = UNSET
        else:
            bonus_credits = self.bonus_credits

        concurrency: dict[str, Any] | None | Unset
        if isinstance(self.concurrency, Unset):
            concurrency = UNSET
        elif isinstance(self.concurrency, Concurrency):
            concurrency = self.concurrency.to_dict()
        else:
            concurrency = self.concurrency

        monthly_credits: float | None | Unset
        if isinstance(self.monthly_credits, Unset):
            monthly_credits = UNSET
        else:
            monthly_credits = self.monthly_credits

        object_: None | str | Unset
        if isinstance(self.object_, Unset):
            object_ = UNSET
        else:
            object_ = self.object_

        plan: None | str | Unset
        if isinstance(self.plan, Unset):
            plan = UNSET
        else:
            plan = self.plan

        remaining_credits: float | None | Unset
        if isinstance(self.remaining_credits, Unset):
            remaining_credits = UNSET
        else:
            remaining_credits = self.remaining_credits

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if bonus_credits is not UNSET:
            field_dict["bonus_credits"] = bonus_credits
        if concurrency is not UNSET:
            field_dict["concurrency"] = concurrency
        if monthly_credits is not UNSET:
            field_dict["monthly_credits"] = monthly_credits
        if object_ is not UNSET:
            field_dict["object"] = object_
        if plan is not UNSET:
            field_dict["plan"] = plan
        if remaining_credits is not UNSET:
            field_dict["remaining_credits"] = remaining_credits

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        bonus_credits = d.pop("bonus_credits", UNSET)

        def _parse_concurrency(data: object) -> Concurrency | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            from sume_api.models.concurrency import Concurrency  # noqa: PLC0415

            try:
                if not isinstance(data, dict):
                    raise TypeError()
                concurrency_type_0 = Concurrency.from_dict(data)

                return concurrency_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast("Concurrency | None | Unset", data)

        concurrency = _parse_concurrency(d.pop("concurrency", UNSET))

        monthly_credits = d.pop("monthly_credits", UNSET)

        object_ = d.pop("object", UNSET)

        plan = d.pop("plan", UNSET)

        remaining_credits = d.pop("remaining_credits", UNSET)

        credits_ = cls(
            bonus_credits=bonus_credits,
            concurrency=concurrency,
            monthly_credits=monthly_credits,
            object_=object_,
            plan=plan,
            remaining_credits=remaining_credits,
        )

        credits_.additional_properties = d
        return credits_

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
