"""The main job against the embedded sandbox: ``python -m sume_ext.sandbox.demo [DIRECTORY]``.

Everything here is what an app would write against the real API, except that `main` starts the
stand-in and points the client at it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sume_ext import Sume, SumeError
from sume_ext.sandbox import Sandbox, sample_video

if TYPE_CHECKING:
    from sume_ext import JobEvent


def say(text: str = "") -> None:
    """Print a line at once, also into a pipe."""
    print(text, flush=True)  # noqa: T201  (this is what the program is for)


def show(event: JobEvent) -> None:
    """Print one change of a job's status."""
    say(f"    {event.elapsed:5.1f} s  {event.status}")


def look_around(sume: Sume) -> None:
    """Whose key it is, and what is left to spend."""
    say("\n1. Account and credits")
    sume.account.me()  # who it is stays out of the output: names and ids are private
    say("    the key is accepted; it belongs to one user and one workspace")
    account = sume.credits.get()
    say(f"    plan {account.plan}, credits left: {account.remaining_credits}")


def make_a_video(sume: Sume, directory: Path) -> None:
    """Submit, wait, fetch the result, download."""
    say("\n2. A video: submit, wait, download")
    job = sume.videos.generate(
        prompt="A creator holds a moisturizer jar in soft morning light.",
        duration=4,
        aspect_ratio="9:16",
        resolution="480p",
        generate_audio=False,
    )
    say(f"    {job.id} accepted; waiting")
    result = job.wait(on_event=show).result()
    for path in result.download(directory, overwrite=True):
        say(f"    saved {path} ({path.stat().st_size:,} bytes)")
    say(f"    credits left now: {sume.credits.get().remaining_credits}")


def fill_the_library(sume: Sume) -> None:
    """Upload a clip, wait for its ingest, find a scene and fetch it."""
    say("\n3. The Asset Library: upload, ingest, search")
    clip = sample_video()
    say(f"    uploading {clip.name} ({clip.stat().st_size:,} bytes): presign, PUT, finalize")
    job = sume.uploads.asset_video(clip)
    say(f"    {job.id} ingests it; waiting")
    job.wait(on_event=show)
    found = sume.assets.search(q="creator faces camera", limit=5).take(1)
    if not found:
        raise SystemExit("no scene was found, though ingest completed")
    scene = sume.assets.get(found[0].id)
    say(f"    found scene {scene.id}: {scene.title} "
        f"({scene.start_time_seconds} s to {scene.end_time_seconds} s)")  # fmt: skip


def main(arguments: list[str]) -> int:
    """Run the demo; the directory for downloads may be given."""
    directory = Path(arguments[0] if arguments else "demo-output")
    # Twice as fast as the sandbox usually is: long enough to watch, short enough to sit through.
    with (
        Sandbox(speed=2.0) as sandbox,
        Sume(api_key=sandbox.api_key, base_url=sandbox.base_url) as sume,
    ):
        say("This talks to the embedded SANDBOX, a stand-in for the Sume API on this machine:")
        say(f"    {sandbox.base_url}")
        say("Nothing is generated and nothing is spent; the files it serves are small samples.")
        look_around(sume)
        make_a_video(sume, directory)
        fill_the_library(sume)
    say("\nDone. With a real key the same code talks to the real API: leave out base_url.")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        say("\nstopped; the sandbox and its jobs are gone with this process")
        sys.exit(130)
    except SumeError as error:
        say(f"\n{error}")
        sys.exit(1)
