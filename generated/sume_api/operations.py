"""Every operation module and request body class, each imported when it is first used."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .api.account import get_credits, get_me
    from .api.assets import create_asset, get_asset, list_assets
    from .api.avatars import get_avatar, list_avatars
    from .api.brand import get_current_brand, list_brands
    from .api.generation import (
        create_ad_video,
        create_face_swap,
        create_image_generation,
        create_reference_analysis,
        create_video_generation,
    )
    from .api.jobs import get_job, get_job_result, list_jobs
    from .api.uploads import presign_upload
    from .models.ad_video_request import AdVideoRequest
    from .models.create_asset_request import CreateAssetRequest
    from .models.face_swap_request import FaceSwapRequest
    from .models.image_generation_request import ImageGenerationRequest
    from .models.presign_upload_request import PresignUploadRequest
    from .models.reference_analysis_request import ReferenceAnalysisRequest
    from .models.video_generation_request import VideoGenerationRequest
else:
    from ._deferred import Deferred

    get_credits = Deferred("sume_api.api.account.get_credits")
    get_me = Deferred("sume_api.api.account.get_me")
    create_asset = Deferred("sume_api.api.assets.create_asset")
    get_asset = Deferred("sume_api.api.assets.get_asset")
    list_assets = Deferred("sume_api.api.assets.list_assets")
    get_avatar = Deferred("sume_api.api.avatars.get_avatar")
    list_avatars = Deferred("sume_api.api.avatars.list_avatars")
    get_current_brand = Deferred("sume_api.api.brand.get_current_brand")
    list_brands = Deferred("sume_api.api.brand.list_brands")
    create_ad_video = Deferred("sume_api.api.generation.create_ad_video")
    create_face_swap = Deferred("sume_api.api.generation.create_face_swap")
    create_image_generation = Deferred("sume_api.api.generation.create_image_generation")
    create_reference_analysis = Deferred("sume_api.api.generation.create_reference_analysis")
    create_video_generation = Deferred("sume_api.api.generation.create_video_generation")
    get_job = Deferred("sume_api.api.jobs.get_job")
    get_job_result = Deferred("sume_api.api.jobs.get_job_result")
    list_jobs = Deferred("sume_api.api.jobs.list_jobs")
    presign_upload = Deferred("sume_api.api.uploads.presign_upload")
    AdVideoRequest = Deferred("sume_api.models.ad_video_request", "AdVideoRequest")
    CreateAssetRequest = Deferred("sume_api.models.create_asset_request", "CreateAssetRequest")
    FaceSwapRequest = Deferred("sume_api.models.face_swap_request", "FaceSwapRequest")
    ImageGenerationRequest = Deferred("sume_api.models.image_generation_request", "ImageGenerationRequest")
    PresignUploadRequest = Deferred("sume_api.models.presign_upload_request", "PresignUploadRequest")
    ReferenceAnalysisRequest = Deferred("sume_api.models.reference_analysis_request", "ReferenceAnalysisRequest")
    VideoGenerationRequest = Deferred("sume_api.models.video_generation_request", "VideoGenerationRequest")
__all__ = (
    "AdVideoRequest",
    "CreateAssetRequest",
    "FaceSwapRequest",
    "ImageGenerationRequest",
    "PresignUploadRequest",
    "ReferenceAnalysisRequest",
    "VideoGenerationRequest",
    "create_ad_video",
    "create_asset",
    "create_face_swap",
    "create_image_generation",
    "create_reference_analysis",
    "create_video_generation",
    "get_asset",
    "get_avatar",
    "get_credits",
    "get_current_brand",
    "get_job",
    "get_job_result",
    "get_me",
    "list_assets",
    "list_avatars",
    "list_brands",
    "list_jobs",
    "presign_upload",
)
