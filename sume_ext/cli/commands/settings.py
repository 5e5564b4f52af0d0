"""``sume setup``, ``auth status`` and ``logout``: the key and the base URL on this machine."""

from __future__ import annotations

import sys
from getpass import getpass
from typing import Any, NoReturn

import click

from sume_ext.cli import settings
from sume_ext.cli.failures import AUTH, KEY_HINT, CommandError
from sume_ext.cli.shell import MODE, Shell, own_command
from sume_ext.errors import ConfigurationError

STDIN = "-"
_MODE = MODE[:2]


def _refuse(_: click.Context, __: click.Parameter, words: tuple[str, ...]) -> None:
    """Take no word, and repeat none: it may be a key that was pasted in the wrong place."""
    if words:
        raise CommandError(
            "this command takes no such word; it isn't repeated here, as it may be a key.",
            code="usage",
            hint="A key goes into the prompt of `sume setup`; replace this one if others share "
            "the machine or its logs.",
        )


NO_WORDS = click.Argument(
    ["words"],
    nargs=-1,
    type=click.UNPROCESSED,
    metavar="",
    expose_value=False,
    callback=_refuse,
)


@own_command(
    "setup",
    NO_WORDS,
    click.Option(
        ["--api-key", "api_key"], metavar="-", help="Read the key from stdin: --api-key -"
    ),
    click.Option(["--base-url", "base_url"], metavar="URL", help="Where the API is."),
    mode=_MODE,
    example="sume setup --api-key - < key.txt",
)
def setup(shell: Shell, *, api_key: str | None, base_url: str | None) -> None:
    """Save an API key, a base URL, or both, for this user only.

    Without flags it asks for the key. A key is never taken from the command line, where other
    users and the shell's history would see it.
    """
    changes: dict[str, str] = {}
    if base_url is not None:
        changes["base_url"] = settings.checked_url(base_url)
    if api_key is not None or base_url is None:
        changes["api_key"] = settings.check_key(_read_key(api_key))
    path = settings.save(changes)
    shell.note(f"Saved in {path}, which only you can read. Try: sume me")
    if shell.as_json:
        shell.put_document({"object": "setup", "file": str(path), "saved": sorted(changes)})


def _read_key(given: str | None) -> str:
    """The key from a prompt or from stdin.

    Raises:
        CommandError: It was on the command line, or there is nobody to ask.
    """
    if given is not None and given != STDIN:
        raise CommandError(
            "a key on the command line can be seen by others, so it was not used.",
            code="usage",
            hint="Use `sume setup` for a prompt, or `sume setup --api-key - < file`; "
            "replace this key if others share the machine.",
        )
    if sys.stdin.isatty():
        return _typed_key()
    if given is None:
        raise CommandError(
            "there is no terminal to ask for the key on.",
            code="usage",
            hint="Use: sume setup --api-key - < file",
        )
    return sys.stdin.readline()


def _typed_key() -> str:
    """A key that is typed unseen; the terminal itself asks, wherever stderr goes.

    Raises:
        CommandError: Ctrl-D.
    """
    try:
        return getpass("API key: ")
    except EOFError:
        raise CommandError(
            "not answered; nothing was saved.", code="declined", hint="Run it again and answer."
        ) from None


@own_command("status", NO_WORDS, mode=_MODE, example="sume auth status")
def status(shell: Shell) -> None:
    """Show each setting and where it comes from; of the key only its first characters.

    The environment wins over the file. Nothing is sent; `sume me` asks the API. The exit code
    is 3 when there is no key.
    """
    key, url, folder = settings.api_key(), settings.base_url(), settings.directory()
    rows: list[tuple[str, str | None, str]] = [
        ("api_key", settings.prefix(key.value), key.source),
        ("base_url", _checked(url.value), url.source),
        ("config_dir", folder.value, folder.source),
    ]
    if shell.as_json:
        told: dict[str, Any] = {name: {"value": v, "source": s} for name, v, s in rows}
        shell.write_json({"object": "auth_status", **told})
    elif not shell.quiet:
        from sume_ext.cli import render  # noqa: PLC0415  (brings rich)

        shown = [(name, value, _source(name, source)) for name, value, source in rows]
        shell.show(lambda console: render.table(("setting", "value", "source"), shown, console))
    if key.value is None:
        raise CommandError(
            "there is no API key.", code="missing_api_key", hint=KEY_HINT, exit_code=AUTH
        )
    if key.source == "environment" and settings.stored().get("api_key"):
        shell.note("The saved key is not used while SUME_API_KEY is set.")


def _checked(url: str | None) -> str:
    """The URL if it is one that can be used: what else it is may hold a password."""
    try:
        return settings.checked_url(url or "")
    except ConfigurationError:
        return "(not a usable URL)"


def _source(name: str, source: str) -> str:
    variables = {
        "api_key": settings.KEY_VARIABLE,
        "base_url": settings.URL_VARIABLE,
        "config_dir": settings.DIRECTORY_VARIABLE,
    }
    if source == "environment":
        return f"environment ({variables[name]})"
    return f"file ({settings.FILE_NAME})" if source == "file" else source


@own_command("logout", NO_WORDS, mode=_MODE, example="sume logout")
def logout(shell: Shell) -> None:
    """Forget the saved key and base URL."""
    path = settings.file_path()
    there = settings.forget()
    shell.note(f"Removed {path}." if there else "There was nothing saved.")
    if settings.api_key().source == "environment":
        shell.note(f"{settings.KEY_VARIABLE} is set all the same, and is still used.")
    if shell.as_json:
        shell.put_document({"object": "logout", "removed": there})


@own_command(
    "login",
    NO_WORDS,
    click.Option(["--no-browser"], is_flag=True, hidden=True),
    mode=(),
    example="sume setup",
)
def login(shell: Shell, **_: Any) -> NoReturn:
    """Browser login is not offered here: its HTTP routes aren't public. Use `sume setup`."""
    del shell
    raise CommandError(
        "browser login is not offered by this command: its HTTP routes aren't public.",
        code="not_offered",
        hint="Create a key in the Sume dashboard, then: sume setup",
    )


@own_command("mcp", mode=(), example="sume tools list --json")
def mcp(shell: Shell) -> NoReturn:
    """An MCP server is not offered here. `sume tools` tells what each operation takes."""
    del shell
    raise CommandError(
        "an MCP server is not offered by this command.",
        code="not_offered",
        hint="`sume tools list --json` and `sume tools schema` describe every operation.",
    )
