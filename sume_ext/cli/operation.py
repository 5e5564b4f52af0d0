"""A command for any operation of the table: its flags from the schema, its manner from its kind.

A plain call prints what it answers, a list prints a page, and what creates jobs asks before it
spends, tells the ids, and can wait and download.
"""

from __future__ import annotations

import shlex
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from sume_ext.calling.effects import Effect
from sume_ext.cli import columns, history, waiting
from sume_ext.cli.examples import epilog, example_of
from sume_ext.cli.facts import Facts, facts_of
from sume_ext.cli.failures import CommandError, UnfinishedError
from sume_ext.cli.flags import argument_of, option_of
from sume_ext.cli.options import OVERWRITE, YES, download_option, timeout_option, wait_option
from sume_ext.cli.outcome import conclude
from sume_ext.cli.places import place_of
from sume_ext.cli.shell import HELP, MODE, plain, take_shell
from sume_ext.cli.transfers import examined, upload_source
from sume_ext.errors import APIError
from sume_ext.operations import BINDINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sume_ext import Job, Sume
    from sume_ext.binding.bound import Binding
    from sume_ext.cli.shell import Shell
    from sume_ext.waiting.polling import Timeout

POSITIONAL = {"assets.search": "q"}
"""The field that the docs' shell takes as an argument."""
FACE_SWAP = "face_swap.create"
"""What takes a local file, too, and makes several jobs at once."""
_FIELD = "field_"

SOURCE = click.Option(
    ["--source-video", "source_video"],
    type=click.Path(exists=True, dir_okay=False),
    help="Upload this file first and use it as the source.",
)


class OnceEach(click.Command):
    """A command that takes no second value for what has one: the first would be lost unseen."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does it, which keeps the last value."""
        if not ctx.resilient_parsing:
            *_, given = self.make_parser(ctx).parse_args([*args])
            for param in given:
                single = isinstance(param, click.Option) and not (param.multiple or param.is_flag)
                if single and given.count(param) > 1:
                    raise click.UsageError(f"{param.opts[0]} is given more than once.", ctx)
        return super().parse_args(ctx, args)


def command_of(name: str) -> click.Command:
    """The command of an operation, by its public name."""
    binding, facts = BINDINGS[name], facts_of(name)
    params, run = [*_fields(name, facts)], _manner(binding)
    if binding.kind == "pages":
        params.append(click.Option(["--all", "everything"], is_flag=True, help="Walk every page."))
    if binding.kind == "submits":
        several = name == FACE_SWAP
        waits = wait_option(several=several)
        params += [waits, timeout_option(binding.job_type), download_option(), OVERWRITE]
        if binding.effect is Effect.SPENDS:
            params.append(YES)
        if several:
            _allow_file(params)
    said = "spend" in facts.description
    spends = binding.effect is Effect.SPENDS and not said
    cost = "\n\nMay reserve or spend credits." if spends else ""
    return OnceEach(
        name.rpartition(".")[2],
        callback=partial(_invoke, binding, run),
        params=[*params, *MODE],
        help=f"{facts.summary}.\n\n{facts.description}{cost}",
        epilog=epilog(example_of(name, facts)),
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
    return _page if binding.kind == "pages" else _call


def _invoke(binding: Binding, run: Callable[..., Any], **values: Any) -> Any:
    shell = take_shell(values)
    fields = {
        name.removeprefix(_FIELD): values.pop(name) for name in [*values] if name.startswith(_FIELD)
    }
    given = {name: value for name, value in fields.items() if value is not None}
    if binding.kind == "submits":
        return _create(shell, binding, given, **values)
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
    shell.put_list(envelope, titles, rows, empty=columns.nothing(binding.name, fields))
    if cursor:
        shell.note(f"There is more: {_further(cursor)}--all.")


def _further(cursor: str) -> str:
    """How to go on from a server's cursor; one that isn't a word for a shell is not advised."""
    return f"add --cursor {shlex.quote(cursor)}, or " if cursor.isprintable() else "add "


def _model(item: Any) -> Any:
    return item if hasattr(item, "to_dict") else item.data


def _create(
    shell: Shell,
    binding: Binding,
    fields: dict[str, Any],
    *,
    wait: bool,
    timeout: float | None,
    download: str | None,
    overwrite: bool,
    yes: bool = False,
    source_video: str | None = None,
) -> None:
    """Check everything, ask, make the jobs, tell their ids; then wait and download if asked to."""
    place = place_of(download, overwrite=overwrite)
    waits = wait or place is not None
    if timeout is not None and not waits:
        raise CommandError(
            "--timeout is for waiting.", code="usage", hint="Add --wait or --download."
        )
    _check(binding, fields, source_video)
    making = waiting.Making(f"sume jobs list --type {binding.job_type} --limit 5", place)
    with waiting.never_lost(making), shell.connect() as client:
        if binding.effect is Effect.SPENDS:
            count = len(fields.get("avatar_ids", "1")) if binding.name == FACE_SWAP else 1
            _agree(shell, client, binding, count, yes=yes)
        _make(shell, client, binding, fields, making, source_video)
        if not waits:
            _told(shell, making.jobs)
            return
        waiting.announce(shell, making.jobs)
        primary, others = making.jobs[:1], [job.id for job in making.jobs[1:]]
        if others:
            shell.note(f"Waiting for the first; the others: {waiting.resume(others, place)}")
        limit: Timeout = "auto" if timeout is None else timeout
        outcomes = waiting.wait_for(shell, client, primary, limit)
        beside = {"jobs": waiting.standing(making.jobs)} if binding.name == FACE_SWAP else {}
        conclude(shell, outcomes, place, many=False, told=True, beside=beside)


def _check(binding: Binding, fields: dict[str, Any], source_video: str | None) -> None:
    """Refuse arguments that can't be right before anybody is asked or anything is uploaded."""
    if binding.name == FACE_SWAP:
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
    if source_video is not None:
        examined([source_video])


def _agree(shell: Shell, client: Sume, binding: Binding, count: int, *, yes: bool) -> None:
    """Have somebody agree to what it may cost."""
    kind = binding.job_type
    makes = f"a job ({kind}) that may" if count == 1 else f"{count} jobs ({kind}) that each may"
    shell.confirm(
        lambda: f"This creates {makes} spend credits{history.price(client, kind)}.",
        yes=yes,
        refusal="this may spend credits",
    )


def _make(
    shell: Shell,
    client: Sume,
    binding: Binding,
    fields: dict[str, Any],
    making: waiting.Making,
    source_video: str | None,
) -> None:
    """Send the request, after the upload of a local file that it needs."""
    submit = partial(on_client(client, binding.name), **fields)
    if source_video is None:
        making.make(client, submit)
        return
    for avatar in fields.get("avatar_ids", ()):
        client.avatars.get(avatar)  # a wrong one is told before the upload, not after it
    url = upload_source(shell, client, source_video)
    try:
        making.make(client, partial(submit, source_video_url=url))
    except APIError as error:
        if making.jobs or not shell.show_urls:
            raise
        again = shlex.join(["--source-video-url", url])
        go_on = "The upload is good all the same; in place of --source-video use:"
        raise UnfinishedError(error, go_on, mend=True, shown=again) from error


def _told(shell: Shell, jobs: Sequence[Job]) -> None:
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
    except Exception:
        shell.say(f"stdout can't be written; created: {' '.join(ids)}")
        raise
    shell.note(f"Next: {waiting.resume(ids)}")
