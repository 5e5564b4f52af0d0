"""A date means one instant, however it is written, and it is the instant the person meant.

The threats: a naive time read in the wrong zone shifts a search by hours; `1/2/2026` is guessed;
a filter that can't be read is dropped and the search finds too much.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sume_ext import InvalidArgumentError
from sume_ext.dates import instant, query_text
from tests.models.jobs_api import Answer, ModelApi
from tests.models.worlds import World, in_both_worlds
from tests.support import FakeClock

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def text(value: Any) -> str:
    return query_text(value, now=NOW.timestamp)


@pytest.fixture(params=["UTC", "America/New_York", "Asia/Kolkata"])
def zone(request: pytest.FixtureRequest) -> Iterator[ZoneInfo]:
    """This machine, somewhere else."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield ZoneInfo(request.param)
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-01T09:00:00Z", "2026-11-01T09:00:00Z"),
        ("2026-11-01T09:00:00+02:00", "2026-11-01T07:00:00Z"),
        ("2026-11-01t09:00:00.5z", "2026-11-01T09:00:00.500000Z"),
        ("20261101T0900Z", "2026-11-01T09:00:00Z"),
        (datetime(2026, 11, 1, 9, tzinfo=UTC), "2026-11-01T09:00:00Z"),
        (datetime(2026, 11, 1, 9, tzinfo=timezone(timedelta(hours=5.5))), "2026-11-01T03:30:00Z"),
        ("7d", "2026-11-15T12:00:00Z"),
        ("2w", "2026-11-08T12:00:00Z"),
        ("3h", "2026-11-22T09:00:00Z"),
        ("90m", "2026-11-22T10:30:00Z"),
        ("45s", "2026-11-22T11:59:15Z"),
        ("6mo", "2026-05-22T12:00:00Z"),
        ("6MO", "2026-05-22T12:00:00Z"),
        ("90 MIN", "2026-11-22T10:30:00Z"),
        ("1y", "2025-11-22T12:00:00Z"),
        ("1d12h", "2026-11-21T00:00:00Z"),
        (" 2 Weeks ago ", "2026-11-08T12:00:00Z"),
        ("1 day, 2 hours", "2026-11-21T10:00:00Z"),
        ("now", "2026-11-22T12:00:00Z"),
    ],
)
@pytest.mark.usefixtures("zone")
def test_what_names_its_zone_or_counts_from_now_means_the_same_everywhere(
    written: Any, meant: str
) -> None:
    assert text(written) == meant


@pytest.mark.parametrize(
    "written",
    ["2026-11-01", date(2026, 11, 1), "2026-11-01T00:00", datetime(2026, 11, 1), "20261101"],  # noqa: DTZ001
)
def test_what_names_no_zone_is_local_time(zone: ZoneInfo, written: Any) -> None:
    """As everywhere in Python; the day that clocks change in New York has the right midnight."""
    assert instant(written, now=NOW.timestamp) == datetime(2026, 11, 1, tzinfo=zone)


def test_today_is_the_local_day(zone: ZoneInfo) -> None:
    midnight = NOW.astimezone(zone).replace(hour=0, minute=0)
    assert instant("today", now=NOW.timestamp) == midnight
    assert instant("yesterday", now=NOW.timestamp) == midnight - timedelta(days=1)


def test_spans_are_so_long_whatever_clocks_do_and_days_are_local_ones(zone: ZoneInfo) -> None:
    """New York's clocks went back on 1 November at 2:00: its first of November had 25 hours."""
    after = datetime(2026, 11, 2, 12, tzinfo=zone)
    asked = {"now": after.timestamp}
    day = instant("1d", **asked)
    assert after - day == timedelta(days=1)
    assert after.astimezone(UTC) - day == timedelta(hours=24)
    assert instant("24h", **asked) == day
    assert instant("yesterday", **asked) == datetime(2026, 11, 1, tzinfo=zone)
    twice = datetime(2026, 11, 1, 1, 30, fold=1)  # noqa: DTZ001  (local, and there twice)
    assert instant(twice, **asked) == twice.replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    "written",
    [
        "1/2/2026", "01.02.2026", "soon", "", "  ", "7", "7x", "-7d", "ago", "d7", "2026-13-01",
        "2026-02-30", "25:00", "7d!", "999999y", "1.5d", "1M", "1 M", "2d1M ago",
        "9" * 400, "7" * 400 + "d", 7, 7.5, True,
    ],
)  # fmt: skip
def test_what_means_nothing_or_two_things_is_refused(written: Any) -> None:
    """A wrong filter must not become no filter."""
    with pytest.raises(InvalidArgumentError, match="no point in time"):
        text(written)


@given(st.datetimes(timezones=st.timezones()))
def test_every_aware_datetime_keeps_its_instant(moment: datetime) -> None:
    try:
        expected = moment.astimezone(UTC)
    except OverflowError:
        return
    assert instant(moment, now=NOW.timestamp) == expected
    assert datetime.fromisoformat(text(moment)) == expected


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(written: str) -> None:
    """Never another exception, never a value without a zone."""
    with suppress(InvalidArgumentError):
        assert instant(written, now=NOW.timestamp).tzinfo is UTC


def an_api() -> ModelApi:
    api = ModelApi(FakeClock(wall=NOW.timestamp()))
    body = {"object": "list", "data": [{"id": "asset_1"}], "has_more": False}
    api.fault = lambda asked: Answer(200, body if asked.path == "/assets" else {"id": "asset_1"})
    return api


@in_both_worlds
def test_a_search_sends_what_was_meant(world: World) -> None:
    """All filters at once, with the client's own clock for spans."""
    api = an_api()
    world(
        api,
        lambda sume: sume.assets.search(
            q="woman camera hook",
            source_type="generated",
            segment_type="hook",
            brand="B",
            product="P",
            tag="t",
            keyword="k",
            cta_present=False,
            min_duration_seconds=1.5,
            max_duration_seconds=9,
            created_after="7d",
            created_before=datetime(2026, 11, 20, tzinfo=UTC),
            sort="relevance",
            limit=5,
        ),
    )
    assert api.log[0].query == {
        "q": "woman camera hook",
        "search_mode": "text",
        "source_type": "generated",
        "segment_type": "hook",
        "brand": "B",
        "product": "P",
        "tag": "t",
        "keyword": "k",
        "cta_present": "false",
        "min_duration_seconds": "1.5",
        "max_duration_seconds": "9",
        "created_after": "2026-11-15T12:00:00Z",
        "created_before": "2026-11-20T00:00:00Z",
        "sort": "relevance",
        "limit": "5",
    }


@in_both_worlds
def test_a_search_is_by_text_unless_told_and_a_list_has_no_mode(world: World) -> None:
    """Source: the docs' shell searches by text by default; the list's default is the API's."""
    api = an_api()
    world(api, lambda sume: sume.assets.search(q="x"))
    world(api, lambda sume: sume.assets.search(q="x", search_mode="auto"))
    world(api, lambda sume: sume.assets.list())
    assert [asked.query.get("search_mode") for asked in api.log] == ["text", "auto", None]


@in_both_worlds
def test_a_wrong_date_is_refused_before_anything_is_sent(world: World) -> None:
    api = an_api()
    with pytest.raises(InvalidArgumentError):
        world(api, lambda sume: sume.assets.search(created_after="last week"))
    assert api.log == []


@pytest.mark.parametrize("bound", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("name", ["min_duration_seconds", "max_duration_seconds"])
@in_both_worlds
def test_a_number_that_is_none_is_no_filter(world: World, name: str, bound: float) -> None:
    """Whatever a server made of `nan`, it isn't what anybody meant."""
    api = an_api()
    with pytest.raises(InvalidArgumentError, match=f"{name} is -?(nan|inf)"):
        world(api, lambda sume: sume.assets.search(**{name: bound}))
    assert api.log == []


@pytest.mark.parametrize(
    ("match", "sent"),
    [
        (
            {"mode": "text", "score": 0.84, "query": "woman"},
            {"q": "woman", "search_mode": "text", "search_score": "0.84"},
        ),
        ({"mode": "auto", "score": None, "query": "woman"}, {"q": "woman", "search_mode": "auto"}),
        ({"score": 0, "query": "w"}, {"q": "w", "search_score": "0"}),
        ({"query": "woman"}, {"q": "woman"}),
        (None, {}),
    ],
)  # fmt: skip
@in_both_worlds
def test_a_hit_is_reopened_with_its_match_but_never_a_made_up_score(
    world: World, match: Any, sent: dict[str, str]
) -> None:
    """A null score stays out; 0 would be a score. Source: the docs on fetching one scene."""
    api = an_api()
    scene = {"id": "asset_1", "object": "asset", **({"search": match} if match else {})}
    page = {"object": "list", "data": [scene], "has_more": False}
    api.fault = lambda asked: Answer(200, page if asked.path == "/assets" else scene)
    (hit,) = world(api, lambda sume: sume.assets.search(q="woman"))
    score = match and match.get("score")
    world(api, lambda sume: sume.assets.get(hit.id, search_score=score))
    sent_alone = {"search_score": sent["search_score"]} if "search_score" in sent else {}
    assert api.log.pop().query == sent_alone
    again = world(api, lambda sume: sume.assets.reopen(hit))
    assert again.id == "asset_1"
    assert (api.log[1].path, api.log[1].query) == ("/assets/asset_1", sent)
