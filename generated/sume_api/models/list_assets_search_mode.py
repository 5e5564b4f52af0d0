from typing import Literal

ListAssetsSearchMode = Literal["auto", "text"]

LIST_ASSETS_SEARCH_MODE_VALUES: set[ListAssetsSearchMode] = {
    "auto",
    "text",
}


def check_list_assets_search_mode(value: str) -> ListAssetsSearchMode:
    if value in LIST_ASSETS_SEARCH_MODE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_ASSETS_SEARCH_MODE_VALUES!r}")
