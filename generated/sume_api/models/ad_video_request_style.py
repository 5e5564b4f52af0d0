from typing import Literal

AdVideoRequestStyle = Literal["talking_head", "ugc"]

AD_VIDEO_REQUEST_STYLE_VALUES: set[AdVideoRequestStyle] = {
    "talking_head",
    "ugc",
}


def check_ad_video_request_style(value: str) -> AdVideoRequestStyle:
    if value in AD_VIDEO_REQUEST_STYLE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {AD_VIDEO_REQUEST_STYLE_VALUES!r}")
