from typing import Literal

GetAssetSearchMode = Literal["auto", "text"]

GET_ASSET_SEARCH_MODE_VALUES: set[GetAssetSearchMode] = {
    "auto",
    "text",
}


def check_get_asset_search_mode(value: str) -> GetAssetSearchMode:
    if value in GET_ASSET_SEARCH_MODE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_ASSET_SEARCH_MODE_VALUES!r}")
