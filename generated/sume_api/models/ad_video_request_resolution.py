from typing import Literal

AdVideoRequestResolution = Literal["480p", "720p"]

AD_VIDEO_REQUEST_RESOLUTION_VALUES: set[AdVideoRequestResolution] = {
    "480p",
    "720p",
}


def check_ad_video_request_resolution(value: str) -> AdVideoRequestResolution:
    if value in AD_VIDEO_REQUEST_RESOLUTION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {AD_VIDEO_REQUEST_RESOLUTION_VALUES!r}")
