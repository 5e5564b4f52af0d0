from typing import Literal

PresignUploadRequestPurpose = Literal["asset_library_video", "face_swap_source_video"]

PRESIGN_UPLOAD_REQUEST_PURPOSE_VALUES: set[PresignUploadRequestPurpose] = {
    "asset_library_video",
    "face_swap_source_video",
}


def check_presign_upload_request_purpose(value: str) -> PresignUploadRequestPurpose:
    if value in PRESIGN_UPLOAD_REQUEST_PURPOSE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {PRESIGN_UPLOAD_REQUEST_PURPOSE_VALUES!r}")
