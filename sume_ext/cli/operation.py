"""A command for any operation of the table: its flags from the schema, its manner from its kind.

A plain call prints what it answers, a list prints a page, and what creates jobs asks before it
spends, tells the ids, and can wait and download.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from sume_ext.calling.effects import Effect
from sume_ext.cli import columns, history, waiting
from sume_ext.cli.examples import example_of
from sume_ext.cli.facts import Facts, facts_of
from sume_ext.cli.failures import CommandError
from sume_ext.cli.flags import Number, argument_of, option_of
from sume_ext.cli.outcome import conclude
from sume_ext.cli.shell import HELP, MODE, plain, take_shell
from sume_ext.cli.transfers import DEFAULT_DIRECTORY
from sume_ext.operations import BINDINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sume_ext import Job, Sume
    from sume_ext.binding.resource import Binding
    from sume_ext.cli.shell import Shell
    from sume_ext.waiting.polling import Timeout

POSITIONAL = {"assets.search": "q"}
"""The field that the docs' shell takes as an argument."""
_FIELD = "field_"

WAIT = click.Option(["--wait", "wait"], is_flag=True, help="Wait until the job is done.")
DOWNLOAD = click.Option(
    ["--download", "download"],
    is_flag=False,
    flag_value=DEFAULT_DIRECTORY,
    metavar="[DIR]",
    type=click.Path(file_okay=False),
    help=f"Wait, and download the result into a directory  [{DEFAULT_DIRECTORY} if none is given]",
)
YES = click.Option(["-y", "--yes", "yes"], is_flag=True, help="Agree to the cost beforehand.")
SOURCE = click.Option(
    ["--source-video", "source_video"],
    type=click.Path(exists=True, dir_okay=False),
    help="Upload this file first and use it as the source.",
)


def timeout_option(job_type: str | None = None) -> click.Option:
    """``--timeout``, with the default that fits the type of job."""
    from sume_ext.waiting.polling import schedule_for  # noqa: PLC0415

    usual = f"{schedule_for(job_type).timeout:.0f}" if job_type else "600 for images, else 1800"
    return click.Option(
        ["--timeout", "timeout"],
        type=Number({"minimum": 0}, whole=False),
        metavar="SECONDS",
        help=f"How long to wait  [{usual}]",
    )


def command_of(name: str) -> click.Command:
    """The command of an operation, by its public name."""
    binding, facts = BINDINGS[name], facts_of(name)
    params, run = [*_fields(name, facts)], _manner(binding)
    if binding.kind == "pages":
        params.append(click.Option(["--all", "everything"], is_flag=True, help="Walk every page."))
    if binding.kind == "submits":
        params += [WAIT, timeout_option(binding.job_type), DOWNLOAD]
        if binding.effect is Effect.SPENDS:
            params.append(YES)
        if name == "face_swap.create":
            _allow_file(params)
    spends = "\n\nMay reserve or spend credits." if binding.effect is Effect.SPENDS else ""
    return click.Command(
        name.rpartition(".")[2],
        callback=partial(_invoke, binding, run),
        params=[*params, *MODE],
        help=f"{facts.summary}.\n\n{facts.description}{spends}",
        epilog=f"\b\nExample:\n  {example_of(name, facts)}",
        context_settings=HELP,
    )


def _fields(name: str, facts: Facts) -> Iterable[click.Parameter]:
    for parameter in facts.parameters:
        if parameter.place == "path":
            yield argument_of(parameter)
        elif parameter.name == POSITIONAL.get(name):
            yield click.Argument(
                [f"{_FIELD}{parameter.python_name}"], metavar="[QUERY]", required=False
            )
    for parameter in facts.parameters:
        if parameter.place != "path" and parameter.name != POSITIONAL.get(name):
            yield option_of(parameter, BINDINGS[name].defaults)


def _allow_file(params: list[click.Parameter]) -> None:
    """Let a local file stand for the URL of an uploaded one."""
    for param in params:
        if param.name == f"{_FIELD}source_video_url":
            param.required = False
            params.append(SOURCE)
            return


def _manner(binding: Binding) -> Callable[..., Any]:
    manners: dict[str, Callable[..., Any]] = {"pages": _page, "submits": _create}
    return manners.get(binding.kind, _call)


def _invoke(binding: Binding, run: Callable[..., Any], **values: Any) -> Any:
    shell = take_shell(values)
    fields = {
        name.removeprefix(_FIELD): values.pop(name) for name in [*values] if name.startswith(_FIELD)
    }
    given = {name: value for name, value in fields.items() if value is not None}
    with shell.connect() as client:
        return run(shell, client, binding, given, **values)


def on_client(client: Sume, name: str) -> Callable[..., Any]:
    """The client's callable of a public name."""
    found: Any = client
    for step in name.split("."):
        found = getattr(found, step)
    return found  # type: ignore[no-any-return]


def _call(shell: Shell, client: Sume, binding: Binding, fields: dict[str, Any]) -> None:
    answer = on_client(client, binding.name)(**fields)
    shell.put_record(plain(answer) if hasattr(answer, "to_dict") else plain(answer.data))


def _page(
    shell: Shell, client: Sume, binding: Binding, fields: dict[str, Any], *, everything: bool
) -> None:
    pager = on_client(client, binding.name)(**fields)
    if everything and shell.quiet and not shell.as_json:
        shell.put_ids(plain(_model(item)).get("id") for item in pager)
        return
    items: list[dict[str, Any]] = []
    more, cursor = False, None
    if everything:
        items = [plain(_model(item)) for item in pager]
    else:
        page = pager.page()
        items = [plain(_model(item)) for item in page]
        more, cursor = page.has_more, page.next_cursor if page.has_more else None
    envelope = {"object": "list", "data": items, "has_more": more, "next_cursor": cursor}
    titles, rows = columns.rows_of(binding.name, shell.visible(items))
    shell.put_list(envelope, titles, rows)
    if cursor:
        shell.note(f"There is more: add --cursor {cursor}, or --all.")


def _model(item: Any) -> Any:
    return item if hasattr(item, "to_dict") else item.data


def _create(
    shell: Shell,
    client: Sume,
    binding: Binding,
    fields: dict[str, Any],
    *,
    wait: bool,
    timeout: float | None,
    download: str | None,
    yes: bool = False,
    source_video: str | None = None,
) -> None:
    waits = wait or download is not None
    if timeout is not None and not waits:
        raise CommandError(
            "--timeout is for waiting.", code="usage", hint="Add --wait or --download."
        )
    _check_source(binding, fields, source_video)
    if binding.effect is Effect.SPENDS:
        shell.confirm(
            lambda: (
                f"This creates a job ({binding.job_type}) that may spend credits"
                f"{history.price(client, binding.job_type)}."
            ),
            yes=yes,
            refusal="this may spend credits",
        )
    if source_video is not None:
        from sume_ext.cli.commands.assets import upload_source  # noqa: PLC0415

        fields["source_video_url"] = upload_source(shell, client, source_video)
    jobs: list[Job] = []
    with waiting.resumable(jobs, download, binding.job_type):
        made = on_client(client, binding.name)(**fields)
        jobs += getattr(made, "jobs", (made,))
        if not waits:
            _told(shell, jobs)
            return
        waiting.announce(shell, jobs)
        primary, others = jobs[:1], [job.id for job in jobs[1:]]
        if others:
            shell.note(f"Waiting for the first; the others: {waiting.resume(others, download)}")
        limit: Timeout = "auto" if timeout is None else timeout
        outcomes = waiting.wait_for(shell, client, primary, limit, download)
        conclude(shell, outcomes, download, many=False, told=True)


def _check_source(binding: Binding, fields: dict[str, Any], source_video: str | None) -> None:
    """Refuse arguments that can't be right before anybody is asked or anything is uploaded."""
    if binding.name == "face_swap.create":
        given = "source_video_url" in fields
        if given == (source_video is not None):
            raise CommandError(
                "give either --source-video-url or --source-video." if given
                else "there is no source video.",
                code="usage",
                hint="Use --source-video FILE, or --source-video-url with an uploaded one's URL.",
            )  # fmt: skip
        fields = fields if given else {**fields, "source_video_url": "https://upload.invalid/"}
    binding.arguments((), fields)


def _told(shell: Shell, jobs: list[Job]) -> None:
    """Say what was created; if stdout can't take it, stderr gets the ids."""
    ids = [job.id for job in jobs]
    if shell.quiet and not shell.as_json:
        shell.put_new(ids)
        return
    try:
        if shell.as_json:
            shell.put_document(plain(jobs[0].data))
        else:
            rows = [[job.id, job.type, job.status] for job in jobs]
            shell.put_list({"data": rows}, ("id", "type", "status"), rows)
        shell.flush()
    except (OSError, ValueError):
        shell.say(f"stdout can't be written; created: {' '.join(ids)}")
        raise
    shell.note(f"Next: {waiting.resume(ids)}")
