"""The waits of the model tests hold over real sockets, against a server written by its own rules.

The threat: the model server and the client share a misunderstanding that no random test can find.
"""

from __future__ import annotations

import asyncio

from sume_ext import AsyncSume, Sume
from sume_ext.sandbox import Sandbox


def test_many_jobs_and_their_results_in_code_that_blocks() -> None:
    with (
        Sandbox(speed=20) as sandbox,
        Sume(api_key=sandbox.api_key, base_url=sandbox.base_url) as sume,
    ):
        jobs = [sume.images.generate(prompt=f"cup {n}") for n in range(5)]
        outcomes = sume.jobs.wait_many([job.id for job in jobs], timeout=60)
        assert [outcome.job.id for outcome in outcomes] == [job.id for job in jobs]
        assert all(outcome.ok for outcome in outcomes)
        (media,) = sume.jobs.result(jobs[0].id).media
        assert (media.kind, media.content_type) == ("image", "image/png")
        assert {job.id for job in sume.jobs.list(limit=2)} >= {job.id for job in jobs}


def test_jobs_as_they_end_and_scenes_in_code_that_awaits() -> None:
    async def main() -> None:
        with Sandbox(speed=20, scenes=7) as sandbox:
            async with AsyncSume(api_key=sandbox.api_key, base_url=sandbox.base_url) as sume:
                job = await sume.videos.generate(prompt="a cup", duration=4)
                statuses = [event.status async for event in job.events(timeout=60)]
                assert statuses[-1] == "completed"
                ended = [o.job.id async for o in sume.jobs.as_completed([job, job.id])]
                assert ended == [job.id]
                scenes = [scene async for scene in sume.assets.list(limit=3)]
                assert len({scene.id for scene in scenes}) == len(scenes) >= 7
                hits = await sume.assets.search(q="product", created_after="1d").take(1)
                assert (await sume.assets.reopen(hits[0])).id == hits[0].id

    asyncio.run(main())
