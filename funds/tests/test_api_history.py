from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from conftest import Cast
from tests.api import Api, refused

Rows = list[dict[str, str]]


@pytest.fixture
def ana(cast: Cast) -> Api:
    """Ana, after three subscriptions (funds 1, 2, 3) and the cancellation of the second."""
    api = Api(cast.ana.user)
    api.subscribe(1, 75000)
    second = api.subscribe(2, 125000).json()
    api.subscribe(3, 50000)
    api.cancel(second["id"])
    return api


def history(api: Api, query: str = "") -> Rows:
    rows: Rows = api.get(f"transactions?{query}").json()["results"]
    return rows


def brief(rows: Rows) -> list[tuple[str, int]]:
    return [(row["type"], int(row["fund_id"])) for row in rows]


ALL = [("CANCELLATION", 2), ("SUBSCRIPTION", 3), ("SUBSCRIPTION", 2), ("SUBSCRIPTION", 1)]


def test_the_history_is_newest_first_with_what_was_agreed(ana: Api) -> None:
    body = ana.get("transactions").json()
    rows = body["results"]
    assert brief(rows) == ALL
    assert (body["next"], body["next_cursor"]) == (None, None)
    assert all(
        row.keys() == {"id", "type", "fund_id", "fund_name", "amount", "currency", "created_at", "correlation_id"}
        for row in rows
    )
    assert rows[0]["correlation_id"] == rows[2]["id"]
    assert rows[0]["amount"] == "125000.00"
    assert [row["created_at"] for row in rows] == sorted((row["created_at"] for row in rows), reverse=True)


def test_one_transaction_is_its_receipt(ana: Api) -> None:
    row = history(ana)[0]
    receipt = ana.get(f"transactions/{row['id']}").json()
    assert receipt == {**row, "transaction_id": row["id"], "balance_after": "375000.00"}


def test_pages_neither_repeat_nor_miss_while_new_rows_arrive(ana: Api) -> None:
    expected = [row["id"] for row in history(ana)]
    seen: list[str] = []
    path = "transactions?limit=1"
    while path:
        page = ana.get(path).json()
        seen += [row["id"] for row in page["results"]]
        ana.subscribe(3, 50000)
        path = (page["next"] or "").partition("/api/v1/")[2]
    assert seen == expected


def test_the_next_page_is_a_whole_address_with_the_same_filters(ana: Api) -> None:
    page = ana.get("transactions?type=SUBSCRIPTION&limit=2").json()
    assert page["next"].startswith("http://testserver/api/v1/transactions?")
    assert page["next_cursor"] in page["next"]
    following = ana.get(page["next"].partition("/api/v1/")[2]).json()
    assert brief(page["results"] + following["results"]) == [row for row in ALL if row[0] == "SUBSCRIPTION"]
    assert following["next"] is None


def test_filters_narrow_the_history(ana: Api) -> None:
    today = timezone.localdate()
    tomorrow = today + timedelta(days=1)
    assert brief(history(ana, "type=CANCELLATION")) == ALL[:1]
    assert brief(history(ana, "fund=2")) == [ALL[0], ALL[2]]
    assert brief(history(ana, "fund=2&type=SUBSCRIPTION")) == [ALL[2]]
    assert history(ana, "fund=999") == []
    assert brief(history(ana, f"since={today}&until={today}")) == ALL
    assert history(ana, f"since={tomorrow}") == []
    assert history(ana, "until=2020-01-01") == []
    assert brief(history(ana, "since=0001-01-01&until=9999-12-31")) == ALL
    assert brief(history(ana, "cursor=&limit=4&type=&fund=&since=&until=")) == ALL


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("type=subscription", "type"),
        ("type=%00", "type"),
        ("fund=x", "fund"),
        ("fund=0", "fund"),
        ("fund=2147483648", "fund"),
        ("since=ayer", "since"),
        ("since=2026-02-30", "since"),
        ("until=2026-01-01T00:00:00", "until"),
        ("since=2026-02-02&until=2026-02-01", "until"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("cursor=x", "cursor"),
        ("cursor=%C3%B1", "cursor"),
        ("cursor=%00", "cursor"),
        ("cursor=__________8", "cursor"),
        ("cursor=AAAAAAAAAAAAAAAA", "cursor"),
    ],
)
def test_a_filter_that_says_nothing_is_named(ana: Api, query: str, field: str) -> None:
    response = ana.get(f"transactions?{query}")
    body = refused(response, 400, response.json()["code"])
    assert list(body["errors"]) == [field]


def test_reading_the_history_costs_two_queries(ana: Api, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(2):  # type: ignore[operator] # who calls, and the rows
        assert len(history(ana)) == 4
