"""Guarantee: a `Secret` shows its value to nobody who doesn't call `reveal()`.

The threats: a repr in a config dump, a pickle in a task queue, an error tracker that reads slots,
a comparison whose time or type tells, a debugger's attribute list.
"""

from __future__ import annotations

import copy
import inspect
import io
import json
import pickle
import pprint
import threading
from typing import TYPE_CHECKING

import attrs
import pytest
import rich
import rich.console
import rich.pretty

from sume_ext import ConfigurationError, Secret, Sume
from sume_ext.config import resolve

if TYPE_CHECKING:
    from collections.abc import Callable

MARK = "zQ7wPx41RtLm"


def inspected(secret: Secret) -> str:
    out = io.StringIO()
    rich.inspect(secret, console=rich.console.Console(file=out, width=200), all=True)
    return out.getvalue()


VIEWS: tuple[Callable[[Secret], object], ...] = (
    repr, str, ascii, pprint.pformat, rich.pretty.pretty_repr, inspected, inspect.getmembers,
    "{}".format, "{:>40}".format, "{!r}".format, "{!a}".format, lambda s: f"{s}{s!r}{s:10}",
    lambda s: "%s %r" % (s, s),  # noqa: UP031  (an application may)
    lambda s: repr([s, {"k": s}, (s,)]),
    lambda s: json.dumps({"k": s}, default=str), lambda s: [getattr(s, n) for n in dir(s)],
)  # fmt: skip


@pytest.mark.parametrize("number", range(len(VIEWS)))
def test_no_view_shows_the_value(number: int) -> None:
    assert MARK not in repr(VIEWS[number](Secret(MARK)))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_it_is_not_pickled(protocol: int) -> None:
    with pytest.raises(TypeError, match="not pickled") as caught:
        pickle.dumps(Secret(MARK), protocol)
    assert MARK not in str(caught.value)


def test_neither_state_nor_attributes_hand_it_out() -> None:
    secret = Secret(MARK)
    with pytest.raises(TypeError):
        secret.__getstate__()
    with pytest.raises(TypeError):
        vars(secret)
    with pytest.raises(AttributeError, match="can't be changed"):
        secret.other = 1  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(AttributeError):
        del secret._tell
    with pytest.raises(TypeError) as caught:
        json.dumps(secret)
    assert MARK not in str(caught.value)


def test_comparison_is_with_its_like_only() -> None:
    assert Secret(MARK) == Secret(MARK)
    assert Secret(MARK) != Secret("other")
    assert Secret("ü") != Secret("u")
    assert Secret(MARK) != MARK
    assert len({Secret(MARK), Secret(MARK), MARK}) == 2
    with pytest.raises(TypeError):
        sorted([Secret("a"), Secret("b")])  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]


def test_it_is_revealed_copied_and_wrapped_again() -> None:
    secret = Secret(MARK)
    assert secret.reveal() == MARK
    assert copy.copy(secret) is secret is copy.deepcopy(secret)
    assert Secret(secret) == secret
    assert bool(secret)
    assert not Secret("")


def test_config_and_clients_hold_it_wrapped() -> None:
    config = resolve(api_key=MARK, proxy=f"http://u:{MARK}@proxy.example", environ={})
    views = (repr(config), str(config), str(attrs.asdict(config)["api_key"]))
    assert MARK not in "".join(views)
    with pytest.raises(TypeError):
        pickle.dumps(config)
    with Sume(api_key=MARK) as sume:
        assert MARK not in f"{sume!r}{vars(sume)!r}{vars(sume._engine)!r}"
        assert MARK.encode() not in pickle.dumps(sume)
    with Sume(api_key=MARK, proxy=f"http://u:{MARK}@proxy.example") as sume:
        with pytest.raises(TypeError) as caught:
            pickle.dumps(sume)
        assert MARK not in str(caught.value)


@pytest.mark.parametrize("key", [f"{MARK}\n{MARK}", f"{MARK}ü", f"{MARK}\x00"])
def test_a_refused_key_is_not_quoted(key: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Sume(api_key=key)
    assert MARK not in str(caught.value) + repr(vars(caught.value))


def test_threads_may_share_it() -> None:
    secret, seen = Secret(MARK), list[str]()
    threads = [threading.Thread(target=lambda: seen.append(secret.reveal())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [MARK] * 8
