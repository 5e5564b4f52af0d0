from typing import Literal

ImageGenerationRequestAspectRatio = Literal["1:1", "4:5", "9:16"]

IMAGE_GENERATION_REQUEST_ASPECT_RATIO_VALUES: set[ImageGenerationRequestAspectRatio] = {
    "1:1",
    "4:5",
    "9:16",
}


def check_image_generation_request_aspect_ratio(value: str) -> ImageGenerationRequestAspectRatio:
    if value in IMAGE_GENERATION_REQUEST_ASPECT_RATIO_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {IMAGE_GENERATION_REQUEST_ASPECT_RATIO_VALUES!r}")
