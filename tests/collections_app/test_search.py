"""Stuff found by its words and by what it is, on either database."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from django.db import connection

is_postgresql = connection.vendor == "postgresql"
Titles = Callable[..., list[str]]


def test_words_are_found_wherever_they_stand(keep: Any, titles: Titles) -> None:
    keep("A lighthouse", "nothing")
    keep("Two", "It stands on Pharos: a lighthouse.")
    keep("Three", "nothing", description="About a lighthouse")
    keep("Four", "nothing", tags=["lighthouse", "Αθήνα"])
    assert titles(search="lighthouse", sortBy="newest") == ["Four", "Three", "Two", "A lighthouse"]
    assert titles(search="PHAROS") == ["Two"]
    assert titles(search="lighthouse pharos") == ["Two"], "all the words"
    assert titles(search="αθήνα") == ["Four"]


def test_what_fits_best_comes_first(keep: Any, titles: Titles) -> None:
    keep("pandas", "nothing")
    keep("Tagged", "nothing", tags=["pandas"])
    keep("Described", "nothing", description="pandas")
    keep("Mentioned", "a long text that says pandas once " + "and other things " * 20)
    expected = ["pandas", "Tagged", "Described", "Mentioned"]
    assert titles(search="pandas") == titles(search="pandas", sortBy="relevance") == expected


def test_the_last_word_may_be_its_beginning(keep: Any, titles: Titles) -> None:
    keep("One", "An elephant walks")
    assert titles(search="eleph") == titles(search="an eleph") == ["One"]
    assert titles(search="eleph walks") == []
    assert titles(search='"eleph"') == [], "a phrase is exact"


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("type:code", ["Sums"]),
        ("TYPE:Code owl", []),
        ("tag:pandas", ["Prose", "Sums"]),
        ("tag:PANDAS type:note", ["Prose"]),
        ('tag:"two words"', ["Prose"]),
        ("tag:pandas tag:python", ["Sums"]),
        ("is:favorite", ["Prose"]),
        ("is:favourite type:code", []),
        ('"group by category"', ["Sums"]),
        ('"category by group"', []),
        ("category group by", ["Sums"]),
        ("-category", ["Owl", "Prose"]),
        ("pandas -group", ["Prose"]),
        ('pandas -"group by"', ["Prose"]),
        ("pandas type:code -prose", ["Sums"]),
        ("type:poem", []),
        ("type:", []),
    ],
)
def test_words_that_say_what_it_is(keep: Any, titles: Titles, search: str, expected: list[str]) -> None:
    keep("Sums", "group by category", type="CODE", tags=["pandas", "Python"])
    keep("Prose", "of pandas and people", tags=["pandas", "two words"], favorite=True)
    keep("Owl", "night")
    assert sorted(titles(search=search)) == expected


def test_words_and_filters_go_together(keep: Any, titles: Titles) -> None:
    keep("Sums", "pandas", type="CODE")
    keep("Prose", "pandas")
    assert titles(search="pandas", type="CODE") == ["Sums"]
    assert titles(search="pandas type:note", type="CODE") == []


def test_what_changes_and_goes_is_forgotten(api: Any, keep: Any, titles: Titles, alice: Any) -> None:
    made = keep("Growing", "zebra", tags=["striped"])["id"]
    api.patch(f"/stuff/{made}", json={"content": "okapi", "tags": ["spotted"]})
    assert [titles(search=word) for word in ("zebra", "striped")] == [[], []]
    assert [titles(search=word) for word in ("okapi", "spotted")] == [["Growing"]] * 2
    api.delete(f"/stuff/{made}")
    assert titles(search="okapi") == []
    assert titles(search="okapi", deleted="true") == ["Growing"]
    alice.content_items.all().delete()
    assert titles(search="okapi", deleted="true") == []


@pytest.mark.parametrize(
    ("kept", "search"),
    [
        ("see docs.example.com/some-page_two", "example"),
        ("see docs.example.com/some-page_two", "some page"),
        ("def snake_case(): pass", "case"), ("“Straße” nach Köln", "köln"), ("it's 5 or 3.14", "3 14"),
        ("<i>brave</i>", "brave"),
    ],
)  # fmt: skip
def test_what_stands_between_words_separates_them(keep: Any, titles: Titles, kept: str, search: str) -> None:
    keep("Kept", kept)
    assert titles(search=search) == ["Kept"]


@pytest.mark.parametrize(
    "text",
    [
        "'", '"', '""', "\\", "%", "a:*", "a & | ! b", "a <-> b", 'NEAR("a" b)', "a OR", "text: a", "(((",
        "-a",
        "-", "--", '-"', '-""', "*", "…", "🦊", "\u202e", "\u0301", "AND", "^a", "{a b}", "tag:", 'tag:""',
        "tag:(?i)(a+)+$", "tag:\\", "is:", "type:\"", ":", "x" * 400, "ا" * 400, "a b " * 120, "-a " * 150,
        "tag:a " * 80,
    ],
)  # fmt: skip
def test_odd_queries_are_no_failure_b04(keep: Any, titles: Titles, text: str) -> None:
    keep("Nothing of that kind", "nothing")
    assert titles(search=text) in ([], ["Nothing of that kind"])


@pytest.mark.parametrize(
    "text",
    [
        " ".join(f"{number:x}" for number in range(36_000)),
        "-".join(chr(0x20000 + number) for number in range(40_000)) * 2,
        "x" * 199_000,
    ],
    ids=["many words", "one compound", "one word"],
)
def test_very_long_texts_can_be_kept(keep: Any, titles: Titles, text: str) -> None:
    keep("Long", "lighthouse " + text, description="word " * 400, tags=["x" * 50])
    assert titles(search="lighthouse") == ["Long"]


def test_typos_are_forgiven_when_nothing_else_fits(keep: Any, titles: Titles) -> None:
    keep("Working with pandas", "frames that conglomerate")
    keep("Other", "nothing", tags=["kubernetes"], description="Straßen in Köln")
    assert titles(search="pandsa") == ["Working with pandas"]
    assert titles(search="apndas") == ["Working with pandas"]
    assert titles(search="kuberntes") == titles(search="Kubernettes") == ["Other"]
    assert titles(search="pandsa workin") == ["Working with pandas"], "the last word is still being typed"
    assert titles(search="conglomarete") == ["Working with pandas"], "in the content, too"
    assert titles(search="kölm") == ["Other"]
    assert titles(search="pandsa -frames") == titles(search="pandsa type:code") == []
    assert titles(search="pandsa kubernetes") == [], "all the words"
    assert titles(search="xylophone") == titles(search="pa nd") == []
    assert titles(search="frames") == ["Working with pandas"]
    assert titles(search="pandsa", sortBy="title", limit=1) == ["Working with pandas"]


def test_titles_are_found_by_what_is_inside_words_at_last(keep: Any, titles: Titles) -> None:
    keep("東京都の地図")
    keep("C++ -> Rust")
    assert titles(search="京都") == ["東京都の地図"]
    assert titles(search="++") == titles(search="->") == ["C++ -> Rust"]


def test_of_very_many_hits_the_newest_are_ranked(
    keep: Any, api: httpx.Client, titles: Titles, monkeypatch: pytest.MonkeyPatch, alice: Any
) -> None:
    from collections_app import search

    monkeypatch.setattr(search, "RANKED", 3)
    for number in range(5):
        keep(f"Note {number}", "pandas " * (5 - number) + "and the like " * 20)
    found = search.find_items(alice, search.Wanted(search="pandas"))
    assert [item.title for item in found.ordered(None)] == ["Note 2", "Note 3", "Note 4"]
    newest = [item.title for item in found.ordered("newest")]
    assert newest == [f"Note {number}" for number in (4, 3, 2, 1, 0)]


@pytest.mark.skipif(not is_postgresql, reason="another database")
def test_postgresql_uses_its_index() -> None:
    from collections_app.models import ContentItem
    from collections_app.search import _Has
    from portal.search.terms import all_of

    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off; SET enable_indexscan = off")
        plan = ContentItem.objects.filter(_Has(all_of(["lighthouse", "alex"]))).explain()
        cursor.execute("RESET enable_seqscan; RESET enable_indexscan")
    assert "stuff_words_by_owner" in plan.split("Filter")[0], plan


def test_nobody_finds_what_others_keep(
    portal: Any, keep: Any, titles: Titles, bob: Any, make_key: Callable[..., str]
) -> None:
    keep("Mine", "the secret is xylophone")
    with httpx.Client(base_url=portal.api, headers={"x-api-key": make_key(bob)}) as other:
        assert other.get("/stuff", params={"search": "xylophone"}).json()["data"] == []
        assert other.get("/stuff", params={"search": "xylophona"}).json()["data"] == []
    assert titles(search="xylophone") == ["Mine"]
