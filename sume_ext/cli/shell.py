"""What one command line goes by: its mode, its output, its client.

stdout gets results and nothing else; whatever the mode, a result is one thing in one form:
a table for people, ids with ``-q``, one JSON document with ``--json``.
"""

from __future__ import annotations

import json
import math
import os
import sys
from typing import TYPE_CHECKING, Any, cast

import click

from sume_ext.cli import privacy, settings
from sume_ext.cli.examples import epilog
from sume_ext.cli.failures import INTERRUPTED, CommandError, clean
from sume_ext.cli.flags import TRUE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rich.console import Console

    from sume_ext import Sume


YES_VARIABLE = "SUME_YES"
"""Agrees to every cost beforehand, when it says so in one of the words for true."""


class Shell:
    """One invocation.

    Args:
        as_json: Whether stdout gets one JSON document, and stderr one on failure.
        quiet: Whether stdout gets ids only, and stderr nothing but failures.
        show_urls: Whether full URLs and private ids were asked for.
    """

    def __init__(
        self, *, as_json: bool = False, quiet: bool = False, show_urls: bool = False
    ) -> None:
        self.as_json = as_json
        self.quiet = quiet
        self.show_urls = show_urls
        self._key = ""

    @property
    def attended(self) -> bool:
        """Whether a person can be asked."""
        return sys.stdin.isatty() and sys.stderr.isatty()

    @property
    def lively(self) -> bool:
        """Whether stderr can show something that moves; a build's log, which keeps it, can't."""
        dumb = os.environ.get("TERM", "") in ("", "dumb", "unknown")
        logged = os.environ.get("CI", "").lower() not in ("", "0", "false")
        return sys.stderr.isatty() and not self.quiet and not dumb and not logged

    def connect(self) -> Sume:
        """A client with the settings in use; close it, or use ``with``."""
        key = settings.require_key()
        from sume_ext import Sume  # noqa: PLC0415  (brings httpx)

        self._key = key
        return Sume(api_key=key, base_url=settings.base_url().value)

    def visible(self, document: Any) -> Any:
        """A document as it may be shown."""
        hidden = privacy.hide(document, show_urls=self.show_urls)
        return _without(self._key, hidden) if len(self._key) >= _SHORTEST_KEY else hidden

    # --- results -----------------------------------------------------------------------------

    def put_document(self, document: Any) -> None:
        """The one JSON document: what the API said, as far as it may be shown."""
        self.write_json(self.visible(document))

    def write_json(self, document: Any) -> None:
        """A JSON document that holds nothing to hide."""
        utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
        made = json.dumps(
            _finite(document), indent=2, ensure_ascii=not utf8, default=str, allow_nan=False
        )
        self.write(f"{made}\n")

    def put_ids(self, ids: Iterable[Any]) -> None:
        """Ids, one a line, at once; none of them is two lines, whatever a server says."""
        for one in ids:
            if one is not None:
                self.write(f"{_one_line(str(one))}\n")
        sys.stdout.flush()

    def put_new(self, ids: Sequence[str]) -> None:
        """Ids of what was just created; stderr gets them if stdout can't."""
        try:
            self.put_ids(ids)
        except (OSError, ValueError):
            self.say(f"stdout can't be written; created: {' '.join(ids)}")
            raise

    def put_record(self, document: dict[str, Any]) -> None:
        """One thing, in the mode's form."""
        if self.as_json:
            self.put_document(document)
        elif self.quiet:
            self.put_ids([document.get("id")])
        else:
            from sume_ext.cli import render  # noqa: PLC0415  (brings rich)

            self.show(lambda console: render.record(self.visible(document), console))

    def put_list(
        self,
        envelope: dict[str, Any],
        titles: Sequence[str],
        rows: Sequence[Sequence[Any]],
        empty: str = "Nothing found.",
    ) -> None:
        """Many things, in the mode's form; rows hold what may be shown already.

        Args:
            envelope: The API's list.
            titles: Of the columns.
            rows: What is in them.
            empty: What to tell a person where there are none.
        """
        if self.as_json:
            self.put_document(envelope)
        elif self.quiet:
            self.put_ids(item.get("id") for item in envelope["data"])
        elif rows:
            from sume_ext.cli import render  # noqa: PLC0415

            self.show(lambda console: render.table(titles, rows, console))
        else:
            self.note(empty)

    def put_lines(self, lines: Iterable[str]) -> None:
        """Lines for people."""
        for line in lines:
            self.write(f"{clean(line)}\n")

    def show(self, draw: Callable[[Console], None]) -> None:
        """Draw on stdout."""
        from sume_ext.cli import render  # noqa: PLC0415

        draw(render.console_for(sys.stdout))

    def write(self, text: str) -> None:
        """Result text."""
        sys.stdout.write(text)

    def flush(self) -> None:
        """Make sure that results are out."""
        sys.stdout.flush()

    # --- everything else ---------------------------------------------------------------------

    def note(self, text: str) -> None:
        """Something a person may want to know; machines and ``-q`` don't."""
        if not self.quiet and not self.as_json:
            self.say(text)

    def say(self, text: str) -> bool:
        """One line on stderr, whatever the mode; nothing ends because nobody can hear it.

        Returns:
            Whether it could be written.
        """
        try:
            sys.stderr.write(f"{_one_line(text)}\n")
            sys.stderr.flush()
        except (OSError, ValueError):
            return False
        return True

    def confirm(self, question: Callable[[], str], *, yes: bool, refusal: str) -> None:
        """Let a person agree to something.

        Args:
            question: Makes the text to show before "Go on?"; called only when it is shown.
            yes: Whether the command line agrees already.
            refusal: What it is that needs agreement.

        Raises:
            CommandError: There is nobody to ask, or the answer is no.
        """
        word = os.environ.get(YES_VARIABLE, "").strip()
        if yes or word.lower() in TRUE:
            return
        if not self.attended:
            odd = f" ({YES_VARIABLE} is {word!r}, which agrees to nothing)" if word else ""
            raise CommandError(
                f"{refusal}, and there is no terminal to ask on{odd}.",
                code="confirmation_required",
                hint=f"Add --yes, or set {YES_VARIABLE}=1, to agree beforehand. Nothing was sent.",
            )
        self.say(question())
        if not self._agreed():
            raise CommandError(
                "not agreed; nothing was sent.", code="declined", hint="Run it again to agree."
            )

    def _agreed(self) -> bool:
        """Whether a person says yes; the end of input is a no.

        Raises:
            CommandError: Ctrl-C.
        """
        try:
            return click.confirm("Go on?", default=False, err=True)
        except click.Abort as end:
            self.say("")  # the answer's line is open
            if isinstance(end.__context__, KeyboardInterrupt):
                raise CommandError(
                    "interrupted; nothing was sent.",
                    code="interrupted",
                    hint="Run it again.",
                    exit_code=INTERRUPTED,
                ) from end.__context__
            return False


_SHORTEST_KEY = 8


def _without(key: str, value: Any) -> Any:
    """A value without the key itself, wherever an answer may echo it."""
    if isinstance(value, str):
        return value.replace(key, privacy.key_prefix(key))
    if isinstance(value, dict):
        members: dict[str, Any] = cast("Any", value)
        return {name: _without(key, inner) for name, inner in members.items()}
    if isinstance(value, list):
        items: list[Any] = cast("Any", value)
        return [_without(key, item) for item in items]
    return value


def _finite(value: Any) -> Any:
    """A value with null for each number that JSON has no word for, such as ``1e999`` once read."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        members: dict[Any, Any] = cast("Any", value)
        return {name: _finite(inner) for name, inner in members.items()}
    if isinstance(value, list | tuple):
        items: list[Any] = cast("Any", value)
        return [_finite(item) for item in items]
    return value


def _one_line(text: str) -> str:
    """Text that stays one line wherever it is printed or read."""
    return clean("".join(text.splitlines()))


def plain(model: Any) -> Any:
    """The API's JSON for a generated model, by its own field names."""
    to_dict = getattr(model, "to_dict", None)
    return model if to_dict is None else to_dict()


HELP: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
MODE = (
    click.Option(
        ["--json", "as_json"],
        is_flag=True,
        help="One JSON document on stdout; on stderr one a line, an error last.",
    ),
    click.Option(["-q", "--quiet", "quiet"], is_flag=True, help="Ids only; no progress."),
    click.Option(
        ["--show-urls", "show_urls"], is_flag=True, help="Show full URLs and private ids."
    ),
)


def take_shell(values: dict[str, Any]) -> Shell:
    """The invocation's shell, from a command's values, which lose what it takes."""
    return Shell(**{name: values.pop(name, False) for name in ("as_json", "quiet", "show_urls")})


def own_command(
    name: str, *params: click.Parameter, example: str, mode: Sequence[click.Option] = MODE
) -> Callable[[Callable[..., Any]], click.Command]:
    """Make a command of this package's own of a function: ``(shell, **values)``.

    Args:
        name: Its word.
        *params: What it takes besides the mode.
        example: One line that works, for its help.
        mode: Which of the common flags it takes.
    """

    def decorate(function: Callable[..., Any]) -> click.Command:
        def callback(**values: Any) -> Any:
            return function(take_shell(values), **values)

        return click.Command(
            name,
            callback=callback,
            params=[*params, *mode],
            help=function.__doc__,
            epilog=epilog(example),
            context_settings=HELP,
        )

    return decorate
