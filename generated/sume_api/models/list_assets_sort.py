from typing import Literal

ListAssetsSort = Literal["created_at_asc", "created_at_desc", "duration_desc", "relevance"]

LIST_ASSETS_SORT_VALUES: set[ListAssetsSort] = {
    "created_at_asc",
    "created_at_desc",
    "duration_desc",
    "relevance",
}


def check_list_assets_sort(value: str) -> ListAssetsSort:
    if value in LIST_ASSETS_SORT_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_ASSETS_SORT_VALUES!r}")
