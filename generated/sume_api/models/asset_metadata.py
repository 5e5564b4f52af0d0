from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset
from ..types import ModelBase as _ModelBase

T = TypeVar("T", bound="AssetMetadata")


@_attrs_define(kw_only=True)
class AssetMetadata(_ModelBase):
    """What is known of the scene; each member when available.

    Attributes:
        action_labels (list[str] | None | Unset): What happens.
        brand_mentions (list[str] | None | Unset): Brands seen or named.
        cta_present (bool | None | Unset): Whether the scene has a call to action.
        keywords (list[str] | None | Unset): Keywords.
        product_mentions (list[str] | None | Unset): Products seen or named.
        tags (list[str] | None | Unset): Tags.
        transcript (None | str | Unset): What is said.
        visual_summary (None | str | Unset): What can be seen.
    """

    action_labels: list[str] | None | Unset = UNSET
    brand_mentions: list[str] | None | Unset = UNSET
    cta_present: bool | None | Unset = UNSET
    keywords: list[str] | None | Unset = UNSET
    product_mentions: list[str] | None | Unset = UNSET
    tags: list[str] | None | Unset = UNSET
    transcript: None | str | Unset = _attrs_field(default=UNSET, repr=False)
    visual_summary: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict, repr=False)

    def to_dict(self) -> dict[str, Any]:
        action_labels: list[str] | None | Unset
        if isinstance(self.action_labels, Unset):
            action_labels = UNSET
        elif isinstance(self.action_labels, list):
            action_labels = self.action_labels

        else:
            action_labels = self.action_labels

        brand_mentions: list[str] | None | Unset
        if isinstance(self.brand_mentions, Unset):
            brand_mentions = UNSET
        elif isinstance(self.brand_mentions, list):
            brand_mentions = self.brand_mentions

        else:
            brand_mentions = self.brand_mentions

        cta_present: bool | None | Unset
        if isinstance(self.cta_present, Unset):
            cta_present = UNSET
        else:
            cta_present = self.cta_present

        keywords: list[str] | None | Unset
        if isinstance(self.keywords, Unset):
            keywords = UNSET
        elif isinstance(self.keywords, list):
            keywords = self.keywords

        else:
            keywords = self.keywords

        product_mentions: list[str] | None | Unset
        if isinstance(self.product_mentions, Unset):
            product_mentions = UNSET
        elif isinstance(self.product_mentions, list):
            product_mentions = self.product_mentions

        else:
            product_mentions = self.product_mentions

        tags: list[str] | None | Unset
        if isinstance(self.tags, Unset):
            tags = UNSET
        elif isinstance(self.tags, list):
            tags = self.tags

        else:
            tags = self.tags

        transcript: None | str | Unset
        if isinstance(self.transcript, Unset):
            transcript = UNSET
        else:
            transcript = self.transcript

        visual_summary: None | str | Unset
        if isinstance(self.visual_summary, Unset):
            visual_summary = UNSET
        else:
            visual_summary = self.visual_summary

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if action_labels is not UNSET:
            field_dict["action_labels"] = action_labels
        if brand_mentions is not UNSET:
            field_dict["brand_mentions"] = brand_mentions
        if cta_present is not UNSET:
            field_dict["cta_present"] = cta_present
        if keywords is not UNSET:
            field_dict["keywords"] = keywords
        if product_mentions is not UNSET:
            field_dict["product_mentions"] = product_mentions
        if tags is not UNSET:
            field_dict["tags"] = tags
        if transcript is not UNSET:
            field_dict["transcript"] = transcript
        if visual_summary is not UNSET:
            field_dict["visual_summary"] = visual_summary

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_action_labels(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                action_labels_type_0 = cast(list[str], data)

                return action_labels_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast("list[str] | None | Unset", data)

        action_labels = _parse_action_labels(d.pop("action_labels", UNSET))

        def _parse_brand_mentions(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                brand_mentions_type_0 = cast(list[str], data)

                return brand_mentions_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast("list[str] | None | Unset", data)

        brand_mentions = _parse_brand_mentions(d.pop("brand_mentions", UNSET))

        cta_present = d.pop("cta_present", UNSET)

        def _parse_keywords(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                keywords_type_0 = cast(list[str], data)

                return keywords_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast("list[str] | None | Unset", data)

        keywords = _parse_keywords(d.pop("keywords", UNSET))

        def _parse_product_mentions(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                product_mentions_type_0 = cast(list[str], data)

                return product_mentions_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast("list[str] | None | Unset", data)

        product_mentions = _parse_product_mentions(d.pop("product_mentions", UNSET))

        def _parse_tags(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                tags_type_0 = cast(list[str], data)

                return tags_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast("list[str] | None | Unset", data)

        tags = _parse_tags(d.pop("tags", UNSET))

        transcript = d.pop("transcript", UNSET)

        visual_summary = d.pop("visual_summary", UNSET)

        asset_metadata = cls(
            action_labels=action_labels,
            brand_mentions=brand_mentions,
            cta_present=cta_present,
            keywords=keywords,
            product_mentions=product_mentions,
            tags=tags,
            transcript=transcript,
            visual_summary=visual_summary,
        )

        asset_metadata.additional_properties = d
        return asset_metadata

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
