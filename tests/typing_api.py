"""What users' type checkers see of every bound name. Never executed.

`tests/test_types_seen_by_users.py` runs mypy and pyright over this file and compares what they
reveal with `typing_api.mypy.txt` and `typing_api.pyright.txt`; the ignored lines below must stay
errors in both.
"""

from typing import reveal_type

from sume_ext import AsyncSume, Sume


def blocking(sume: Sume) -> None:
    reveal_type(sume.account.me)
    reveal_type(sume.credits.get)
    reveal_type(sume.brand.list)
    reveal_type(sume.brand.current)
    reveal_type(sume.avatars.list)
    reveal_type(sume.avatars.get)
    reveal_type(sume.jobs.list)
    reveal_type(sume.jobs.get)
    reveal_type(sume.jobs.result)
    reveal_type(sume.images.generate)
    reveal_type(sume.videos.generate)
    reveal_type(sume.ads.videos.create)
    reveal_type(sume.face_swap.create)
    reveal_type(sume.reference_analysis.create)
    reveal_type(sume.assets.search)
    reveal_type(sume.assets.list)
    reveal_type(sume.assets.get)
    reveal_type(sume.assets.create)
    reveal_type(sume.uploads.presign)
    reveal_type(sume.jobs.handle)
    reveal_type(sume.jobs.wait)
    reveal_type(sume.jobs.wait_many)
    reveal_type(sume.jobs.as_completed)
    reveal_type(sume.jobs.find_recent)
    reveal_type(sume.assets.reopen)
    reveal_type(sume.uploads.asset_video)
    reveal_type(sume.uploads.face_swap_video)

    sume.videos.generate(promt="x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    sume.assets.search(souce_type="x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    sume.videos.generate(prompt=1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    sume.images.generates()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


def awaiting(sume: AsyncSume) -> None:
    reveal_type(sume.account.me)
    reveal_type(sume.credits.get)
    reveal_type(sume.brand.list)
    reveal_type(sume.brand.current)
    reveal_type(sume.avatars.list)
    reveal_type(sume.avatars.get)
    reveal_type(sume.jobs.list)
    reveal_type(sume.jobs.get)
    reveal_type(sume.jobs.result)
    reveal_type(sume.images.generate)
    reveal_type(sume.videos.generate)
    reveal_type(sume.ads.videos.create)
    reveal_type(sume.face_swap.create)
    reveal_type(sume.reference_analysis.create)
    reveal_type(sume.assets.search)
    reveal_type(sume.assets.list)
    reveal_type(sume.assets.get)
    reveal_type(sume.assets.create)
    reveal_type(sume.uploads.presign)
    reveal_type(sume.jobs.handle)
    reveal_type(sume.jobs.wait)
    reveal_type(sume.jobs.wait_many)
    reveal_type(sume.jobs.as_completed)
    reveal_type(sume.jobs.find_recent)
    reveal_type(sume.assets.reopen)
    reveal_type(sume.uploads.asset_video)
    reveal_type(sume.uploads.face_swap_video)

    sume.videos.generate(promt="x")  # type: ignore[call-arg,unused-coroutine]  # pyright: ignore[reportCallIssue, reportUnusedCoroutine]


def made() -> None:
    Sume(api_key="x", base_url=None, auth="x-api-key", timeout=5, proxy=None, verify=True)
    AsyncSume(api_key="x", base_url=None, auth="x-api-key", timeout=5, proxy=None, verify=True)
    Sume("x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Sume(api_kee="x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    AsyncSume(auth="basic")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    AsyncSume(timeout="5")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
