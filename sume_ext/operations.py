"""The one table: a line per operation of the API, and the behaviours built on them.

Python, the shell and the schema pipeline all read this. What a line says of an operation
(its name, its kind, what it does to the world) is said nowhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from sume_api.operations import (
    AdVideoRequest,
    CreateAssetRequest,
    FaceSwapRequest,
    ImageGenerationRequest,
    PresignUploadRequest,
    ReferenceAnalysisRequest,
    VideoGenerationRequest,
    create_ad_video,
    create_asset,
    create_face_swap,
    create_image_generation,
    create_reference_analysis,
    create_video_generation,
    get_asset,
    get_avatar,
    get_credits,
    get_current_brand,
    get_job,
    get_job_result,
    get_me,
    list_assets,
    list_avatars,
    list_brands,
    list_jobs,
    presign_upload,
)

from sume_ext.binding.behaviours import (
    hands_out_outcomes,
    remembers_job,
    runs,
    runs_job,
    runs_jobs,
    runs_outcomes,
)
from sume_ext.binding.lines import (
    calls,
    fetches_job,
    fetches_result,
    pages,
    pages_jobs,
    submits,
    submits_group,
)
from sume_ext.binding.resource import Resource
from sume_ext.calling.effects import Effect

if TYPE_CHECKING:
    from sume_ext import assets, uploads
    from sume_ext.binding.bound import Binding
    from sume_ext.engine import Engine
    from sume_ext.waiting import many, recent
    from sume_ext.waiting import one as waiting
else:
    from sume_ext.later import Later

    assets, uploads = Later("sume_ext.assets"), Later("sume_ext.uploads")
    many, recent = Later("sume_ext.waiting.many"), Later("sume_ext.waiting.recent")
    waiting = Later("sume_ext.waiting.one")

M = TypeVar("M")


class Account(Resource[M], name="account"):
    """Who the key belongs to."""

    me = calls(get_me)


class Credits(Resource[M], name="credits"):
    """What the workspace can still spend."""

    get = calls(get_credits)


class Brand(Resource[M], name="brand"):
    """Brand DNA profiles."""

    list = pages(list_brands)
    current = calls(get_current_brand)


class Avatars(Resource[M], name="avatars"):
    """Public and workspace avatars."""

    list = pages(list_avatars)
    get = calls(get_avatar)


class Jobs(Resource[M], name="jobs"):
    """Jobs of the workspace."""

    list = pages_jobs(list_jobs)
    get = fetches_job(get_job)
    result = fetches_result(get_job_result)
    handle = remembers_job(waiting.handle)
    wait = runs_job(waiting.wait)
    wait_many = runs_outcomes(many.wait_many)
    as_completed = hands_out_outcomes(many.as_completed)
    find_recent = runs_jobs(recent.find_recent)


class Images(Resource[M], name="images"):
    """Image generation."""

    generate = submits(create_image_generation, ImageGenerationRequest, job_type="image_generation")


class Videos(Resource[M], name="videos"):
    """Video generation."""

    generate = submits(create_video_generation, VideoGenerationRequest, job_type="video_generation")


class AdVideos(Resource[M], name="ads.videos"):
    """AI Ads videos."""

    create = submits(create_ad_video, AdVideoRequest, job_type="ads_video")


class Ads(Resource[M], name="ads"):
    """AI Ads."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.videos: AdVideos[M] = AdVideos(engine)


class FaceSwap(Resource[M], name="face_swap"):
    """Face Swap."""

    create = submits_group(create_face_swap, FaceSwapRequest, job_type="face_swap")


class ReferenceAnalysis(Resource[M], name="reference_analysis"):
    """Analysis of public TikTok and Instagram Reel videos."""

    create = submits(
        create_reference_analysis, ReferenceAnalysisRequest, job_type="reference_analysis"
    )


class Assets(Resource[M], name="assets"):
    """Scenes of the Asset Library."""

    search = pages(list_assets, search_mode="text")  # what the docs' shell searches by, too
    list = pages(list_assets)
    get = calls(get_asset)
    reopen = runs(assets.reopen)
    create = submits(
        create_asset, CreateAssetRequest, job_type="asset_ingest", effect=Effect.WRITES
    )


class Uploads(Resource[M], name="uploads"):
    """Video uploads."""

    presign = calls(presign_upload, PresignUploadRequest, effect=Effect.WRITES)
    asset_video = runs_job(uploads.asset_video)
    face_swap_video = runs(uploads.face_swap_video)


RESOURCES: tuple[type[Resource[object]], ...] = (
    Account, Credits, Brand, Avatars, Jobs, Images, Videos, AdVideos, Ads, FaceSwap,
    ReferenceAnalysis, Assets, Uploads,
)  # fmt: skip
BINDINGS: dict[str, Binding] = {
    binding.name: binding for resource in RESOURCES for binding in resource.bindings.values()
}


class Api(Generic[M]):
    """Every namespace of a client.

    Args:
        engine: The client's.
    """

    def __init__(self, engine: Engine) -> None:
        self.account: Account[M] = Account(engine)
        self.credits: Credits[M] = Credits(engine)
        self.brand: Brand[M] = Brand(engine)
        self.avatars: Avatars[M] = Avatars(engine)
        self.jobs: Jobs[M] = Jobs(engine)
        self.images: Images[M] = Images(engine)
        self.videos: Videos[M] = Videos(engine)
        self.ads: Ads[M] = Ads(engine)
        self.face_swap: FaceSwap[M] = FaceSwap(engine)
        self.reference_analysis: ReferenceAnalysis[M] = ReferenceAnalysis(engine)
        self.assets: Assets[M] = Assets(engine)
        self.uploads: Uploads[M] = Uploads(engine)
