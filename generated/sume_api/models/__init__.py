"""All data models of requests and responses, each imported when it is first used"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .ad_video_accepted import AdVideoAccepted
    from .ad_video_request import AdVideoRequest
    from .ad_video_request_resolution import AdVideoRequestResolution
    from .ad_video_request_style import AdVideoRequestStyle
    from .asset import Asset
    from .asset_accepted import AssetAccepted
    from .asset_list import AssetList
    from .asset_metadata import AssetMetadata
    from .asset_search import AssetSearch
    from .asset_source_video import AssetSourceVideo
    from .avatar import Avatar
    from .avatar_capabilities import AvatarCapabilities
    from .avatar_list import AvatarList
    from .avatar_media import AvatarMedia
    from .brand import Brand
    from .brand_image import BrandImage
    from .brand_list import BrandList
    from .concurrency import Concurrency
    from .create_asset_request import CreateAssetRequest
    from .credits_ import Credits
    from .error_info import ErrorInfo
    from .error_info_details import ErrorInfoDetails
    from .error_response import ErrorResponse
    from .face_swap_accepted import FaceSwapAccepted
    from .face_swap_request import FaceSwapRequest
    from .get_asset_search_mode import GetAssetSearchMode
    from .image_generation_accepted import ImageGenerationAccepted
    from .image_generation_request import ImageGenerationRequest
    from .image_generation_request_aspect_ratio import ImageGenerationRequestAspectRatio
    from .job import Job
    from .job_error import JobError
    from .job_list import JobList
    from .job_output import JobOutput
    from .job_output_analysis import JobOutputAnalysis
    from .job_result import JobResult
    from .job_summary import JobSummary
    from .list_assets_search_mode import ListAssetsSearchMode
    from .list_assets_sort import ListAssetsSort
    from .me import Me
    from .me_api_key import MeApiKey
    from .me_user import MeUser
    from .me_workspace import MeWorkspace
    from .media import Media
    from .presign_upload_request import PresignUploadRequest
    from .presign_upload_request_purpose import PresignUploadRequestPurpose
    from .presigned_upload import PresignedUpload
    from .presigned_upload_required_headers import PresignedUploadRequiredHeaders
    from .reference_analysis_accepted import ReferenceAnalysisAccepted
    from .reference_analysis_request import ReferenceAnalysisRequest
    from .video_generation_accepted import VideoGenerationAccepted
    from .video_generation_request import VideoGenerationRequest
    from .video_generation_request_resolution import VideoGenerationRequestResolution
else:
    _MODULES = {
        "AdVideoAccepted": ".ad_video_accepted",
        "AdVideoRequest": ".ad_video_request",
        "AdVideoRequestResolution": ".ad_video_request_resolution",
        "AdVideoRequestStyle": ".ad_video_request_style",
        "Asset": ".asset",
        "AssetAccepted": ".asset_accepted",
        "AssetList": ".asset_list",
        "AssetMetadata": ".asset_metadata",
        "AssetSearch": ".asset_search",
        "AssetSourceVideo": ".asset_source_video",
        "Avatar": ".avatar",
        "AvatarCapabilities": ".avatar_capabilities",
        "AvatarList": ".avatar_list",
        "AvatarMedia": ".avatar_media",
        "Brand": ".brand",
        "BrandImage": ".brand_image",
        "BrandList": ".brand_list",
        "Concurrency": ".concurrency",
        "CreateAssetRequest": ".create_asset_request",
        "Credits": ".credits_",
        "ErrorInfo": ".error_info",
        "ErrorInfoDetails": ".error_info_details",
        "ErrorResponse": ".error_response",
        "FaceSwapAccepted": ".face_swap_accepted",
        "FaceSwapRequest": ".face_swap_request",
        "GetAssetSearchMode": ".get_asset_search_mode",
        "ImageGenerationAccepted": ".image_generation_accepted",
        "ImageGenerationRequest": ".image_generation_request",
        "ImageGenerationRequestAspectRatio": ".image_generation_request_aspect_ratio",
        "Job": ".job",
        "JobError": ".job_error",
        "JobList": ".job_list",
        "JobOutput": ".job_output",
        "JobOutputAnalysis": ".job_output_analysis",
        "JobResult": ".job_result",
        "JobSummary": ".job_summary",
        "ListAssetsSearchMode": ".list_assets_search_mode",
        "ListAssetsSort": ".list_assets_sort",
        "Me": ".me",
        "MeApiKey": ".me_api_key",
        "MeUser": ".me_user",
        "MeWorkspace": ".me_workspace",
        "Media": ".media",
        "PresignUploadRequest": ".presign_upload_request",
        "PresignUploadRequestPurpose": ".presign_upload_request_purpose",
        "PresignedUpload": ".presigned_upload",
        "PresignedUploadRequiredHeaders": ".presigned_upload_required_headers",
        "ReferenceAnalysisAccepted": ".reference_analysis_accepted",
        "ReferenceAnalysisRequest": ".reference_analysis_request",
        "VideoGenerationAccepted": ".video_generation_accepted",
        "VideoGenerationRequest": ".video_generation_request",
        "VideoGenerationRequestResolution": ".video_generation_request_resolution",
    }

    def __getattr__(name: str) -> object:
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_MODULES[name], __name__), name)
        return value


__all__ = (
    "AdVideoAccepted",
    "AdVideoRequest",
    "AdVideoRequestResolution",
    "AdVideoRequestStyle",
    "Asset",
    "AssetAccepted",
    "AssetList",
    "AssetMetadata",
    "AssetSearch",
    "AssetSourceVideo",
    "Avatar",
    "AvatarCapabilities",
    "AvatarList",
    "AvatarMedia",
    "Brand",
    "BrandImage",
    "BrandList",
    "Concurrency",
    "CreateAssetRequest",
    "Credits",
    "ErrorInfo",
    "ErrorInfoDetails",
    "ErrorResponse",
    "FaceSwapAccepted",
    "FaceSwapRequest",
    "GetAssetSearchMode",
    "ImageGenerationAccepted",
    "ImageGenerationRequest",
    "ImageGenerationRequestAspectRatio",
    "Job",
    "JobError",
    "JobList",
    "JobOutput",
    "JobOutputAnalysis",
    "JobResult",
    "JobSummary",
    "ListAssetsSearchMode",
    "ListAssetsSort",
    "Me",
    "MeApiKey",
    "Media",
    "MeUser",
    "MeWorkspace",
    "PresignedUpload",
    "PresignedUploadRequiredHeaders",
    "PresignUploadRequest",
    "PresignUploadRequestPurpose",
    "ReferenceAnalysisAccepted",
    "ReferenceAnalysisRequest",
    "VideoGenerationAccepted",
    "VideoGenerationRequest",
    "VideoGenerationRequestResolution",
)
