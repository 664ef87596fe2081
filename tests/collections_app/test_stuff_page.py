"""`/stuff` and `/collections/…`, without JavaScript."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.portal_process import PortalProcess

NOTE = {"type": "NOTE", "title": "A thought", "content": "One\r\nTwo", "tags": "a, b ,a", "language": ""}


@pytest.fixture
def browser(sign_in: Callable[..., httpx.Client], alice: Any) -> httpx.Client:
    return sign_in(alice)


@pytest.fixture
def item(alice: Any) -> Callable[..., Any]:
    from collections_app.services import create_item

    def make(title: str = "A note", content: str = "Something", type: str = "NOTE", **fields: Any) -> Any:
        return create_item(user=alice, type=type, title=title, content=content, **fields)

    return make


def form(browser: httpx.Client, path: str, **fields: Any) -> httpx.Response:
    return browser.post(path, data={**fields, "csrfmiddlewaretoken": browser.cookies["csrftoken"]})


def test_something_is_kept_changed_and_found(browser: httpx.Client, alice: Any) -> None:
    assert "Keep what is worth keeping" in browser.get("/stuff").text
    kept = form(browser, "/stuff", **NOTE)
    assert "“A thought” is kept." in kept.text
    row = alice.content_items.get()
    assert (row.content, row.tags) == ("One\nTwo", ["a", "b"])
    page = browser.get(f"/stuff/{row.public_id}").text
    assert "One\nTwo" in page
    edit = f"/stuff/{row.public_id}/edit"
    assert 'value="a, b"' in browser.get(edit).text
    assert "is changed." in form(browser, edit, **{**NOTE, "title": "Another"}).text
    assert "Another" in browser.get("/stuff?q=another").text
    assert "Another" in browser.get("/stuff?q=tag:a&type=NOTE&part=1").text
    assert "Nothing fits." in browser.get("/stuff?q=nowhere").text


def test_results_narrow_while_somebody_types(browser: httpx.Client, item: Any) -> None:
    item("Grouping with pandas", "df.groupby('a').sum()", type="CODE", tags=["etl"])
    item("On bears", "Most pandas live in China.", favorite=True)

    def hits(typed: str) -> list[str]:
        part = browser.get("/stuff", params={"q": typed, "part": "1"}).text
        assert "<html" not in part, "the list alone"
        return [title for title in ("Grouping with", "On bears") if title in part]

    assert hits("pan") == hits("pandas") == hits("") == ["Grouping with", "On bears"]
    assert hits("pandas -china") == hits("type:code") == hits("tag:etl pan") == ["Grouping with"]
    assert hits('is:favorite "live in"') == ["On bears"]
    assert hits("xylophone") == []
    assert "<mark>pandas</mark> live in" in browser.get("/stuff?q=pandas&part=1").text
    similar = browser.get("/stuff?q=pandsa&part=1").text
    assert "Nothing has exactly these words." in similar
    assert "<mark>pandas</mark>" in similar


def test_what_cannot_be_is_told_at_its_field(browser: httpx.Client, alice: Any) -> None:
    for wrong, field in (
        ({"title": ""}, "title"), ({"content": ""}, "content"), ({"type": "POEM"}, "type"),
        ({"type": "LINK"}, "content"), ({"tags": "x" * 51}, "tags"), ({"title": "a\x00b"}, "title"),
        ({"description": "x" * 2001}, "description"),
    ):  # fmt: skip
        page = form(browser, "/stuff", **{**NOTE, **wrong}).text
        assert f'id="id_{field}_error"' in page, field
        assert "data-open" in page
    assert not alice.content_items.exists()


def test_cards_show_what_is_inside_and_nothing_in_it_is_markup(browser: httpx.Client, item: Any) -> None:
    item("<b>Code</b>", "def f():\n    return '<script>'", "CODE", language="python", tags=["<i>"])
    item("Note", "<img src=x onerror=alert(1)>", description="<u>about</u>")
    item("Link", "https://example.org/page?a=1&b=2", "LINK")
    item("Own picture", "/uploads/att_0123", "IMAGE")
    item("Far picture", "https://example.org/x.png", "IMAGE")
    item("Script", "javascript:alert(1)", "IMAGE")
    page = browser.get("/stuff").text
    assert '<span class="k">def</span>' in page
    for markup in ("<b>Code", "return '<script>", "<img src=x", "<u>about", ">&lt;i", 'href="javascript:'):
        assert (markup in page) == markup.startswith(">"), markup
    assert '<a href="https://example.org/page?a=1&amp;b=2"' in page
    assert '<img src="/uploads/att_0123?small"' in page
    assert 'src="https://' not in page, "nothing is fetched from elsewhere"


def test_buttons_of_a_card(browser: httpx.Client, item: Any, alice: Any) -> None:
    kept = item("A thing")
    chosen = {"item": kept.public_id, "next": "/stuff?q=thing"}
    answer = form(browser, "/stuff/act", do="favorite", **chosen)
    assert str(answer.url).endswith("/stuff?q=thing")
    assert 'aria-pressed="true"' in answer.text
    assert "A thing" in browser.get("/stuff?favorite=1").text
    form(browser, "/stuff/act", do="delete", **chosen)
    assert "A thing" not in browser.get("/stuff").text
    assert "Take A thing back" in browser.get("/stuff?bin=1").text
    assert browser.get(f"/stuff/{kept.public_id}").status_code == 404
    assert form(browser, "/stuff/act", do="restore", fetch="1", **chosen).status_code == 204
    assert "A thing" in browser.get("/stuff").text
    for verb, status in (("burn", 400), ("restore", 404)):
        assert form(browser, "/stuff/act", do=verb, **chosen).status_code == status
    for elsewhere in ("https://evil.example", "//evil.example", "stuff"):
        answer = form(browser, "/stuff/act", do="favorite", item=kept.public_id, next=elsewhere)
        assert answer.url.path == "/stuff"


def test_a_collection_is_made_filled_ordered_and_deleted(
    browser: httpx.Client, item: Any, alice: Any
) -> None:
    made = form(browser, "/collections/new", name="Science", color="#8b5cf6", icon="database")
    assert "Nothing is in it yet" in made.text
    path = made.url.path
    assert 'fill="#8B5CF6"' in made.text
    collection = path.rpartition("/")[2]
    one, two = item("One"), item("Two")
    for each in (one, two):
        back = f"/stuff/{each.public_id}"
        page = form(
            browser, "/stuff/act", do="collect", item=each.public_id, collection=collection, next=back
        )
        assert "Take it out of Science" in page.text
    shown = browser.get(path).text
    assert shown.index(">One<") < shown.index(">Two<")
    chosen = {"item": two.public_id, "collection": collection, "next": path}
    shown = form(browser, "/stuff/act", do="move", position="0", **chosen).text
    assert shown.index(">Two<") < shown.index(">One<")
    assert ">Two<" not in form(browser, "/stuff/act", do="uncollect", **chosen).text
    assert 'id="id_color_error"' in form(browser, f"{path}/edit", name="x", color="red").text
    assert "Physics" in form(browser, f"{path}/edit", name="Physics", color="#000000", icon="star").text
    assert "What was in it stays." in form(browser, f"{path}/delete").text
    assert browser.get(path).status_code == 404
    assert alice.content_items.count() == 2


def test_prompts_for_the_composer(browser: httpx.Client, item: Any, sign_in: Any, bob: Any) -> None:
    item("Summarise", 'Sum up {{text}} in "three" words', "PROMPT")
    item("Translate", "Into {{language}}", "PROMPT")
    item("Summary note", "no prompt")
    every = browser.get("/stuff/prompts").text
    assert every.index("Translate") < every.index("Summarise")
    assert "Summary note" not in every
    assert 'href="/stuff?new=PROMPT"' in every
    found = browser.get("/stuff/prompts?q=summ").text
    assert "<mark>Summarise</mark>" in found
    assert 'data-text="Sum up {{text}} in &quot;three&quot; words"' in found
    assert "Translate" not in found
    assert "Summarise" not in sign_in(bob).get("/stuff/prompts").text
    assert "data-open" in browser.get("/stuff?new=PROMPT").text


def test_pages_of_a_long_list(browser: httpx.Client, alice: Any) -> None:
    from collections_app.models import ContentItem

    ContentItem.objects.bulk_create(
        ContentItem(user=alice, type="NOTE", title=f"Note {number:02}", content="x") for number in range(30)
    )
    first = browser.get("/stuff?type=NOTE&sort=title").text
    assert "Note 00" in first
    assert "Note 29" not in first
    assert "type=NOTE&amp;sort=title&amp;page=2" in first
    assert "Note 29" in browser.get("/stuff?type=NOTE&sort=title&page=2").text


def test_it_goes_into_the_export_and_goes_with_the_account(
    item: Any, alice: Any, portal: PortalProcess
) -> None:
    import json
    import zipfile

    from accounts.data_export import make_export
    from accounts.deletion import delete_account
    from accounts.models import DataExport
    from collections_app.collecting import add_items, create_collection
    from collections_app.models import Collection, ContentItem
    from collections_app.services import discard_item, edit_item

    kept, gone = item("Kept", tags=["a"]), item("Gone")
    collection = create_collection(user=alice, name="Box")
    add_items(user=alice, collection_id=collection.public_id, items=[kept])
    discard_item(item=gone)
    edit_item(item=kept, tags=["b"])
    export = DataExport.objects.create(user=alice)
    make_export(export.pk)
    export.refresh_from_db()
    with export.file.open("rb") as file, zipfile.ZipFile(file) as archive:
        items = json.loads(archive.read("stuff/items.json"))
        versions = json.loads(archive.read("stuff/versions.json"))
        (box,) = json.loads(archive.read("stuff/collections.json"))
    assert {each["title"] for each in items} == {"Kept", "Gone"}
    assert sorted(version["tags"] for version in versions) == [["a"], ["b"]]
    assert box["items"] == [kept.public_id]
    delete_account(user=alice)
    assert not ContentItem.objects.filter(pk__in=[kept.pk, gone.pk]).exists()
    assert not Collection.objects.filter(pk=collection.pk).exists()


def test_notes_are_rendered_and_harmless(browser: httpx.Client, item: Any) -> None:
    text = (
        "# Head\n\n- **bold** <i>x</i>\n\n```python\ndef f(): pass\n```\n[l](javascript:x) ![i](http://e.org)"
    )
    note = item("Note", text)
    whole = browser.get(f"/stuff/{note.public_id}").text
    assert '<h1 dir="auto">Head</h1>' in whole
    for page in (whole, browser.get("/stuff").text):
        assert "<strong>bold</strong> &lt;i&gt;x&lt;/i&gt;" in page
        assert '<span class="k">def</span>' in page
        assert 'href="javascript:' not in page
        assert "<img" not in page
    assert "<p>Head</p>" in page, "a list's headings are those of its cards"
    found = browser.get("/stuff?q=bold").text
    assert "<mark>bold</mark>" in found


def test_many_at_once(browser: httpx.Client, item: Any, alice: Any) -> None:
    from collections_app.collecting import create_collection

    items = [item(f"Item {number}") for number in range(3)]
    ids = [each.public_id for each in items[:2]]
    box = create_collection(user=alice, name="Box")

    def rows(**wanted: Any) -> int:
        return int(alice.content_items.filter(**wanted).count())

    form(browser, "/stuff/act", do="favorite", item=ids)
    assert rows(is_favorite=True) == 2
    form(browser, "/stuff/act", do="tag", item=ids, tags="a, b")
    form(browser, "/stuff/act", do="untag", item=ids[:1], tags="b")
    assert sorted(each.tags for each in alice.content_items.all()) == [[], ["a"], ["a", "b"]]
    form(browser, "/stuff/act", do="collect", item=ids, collection=box.public_id)
    assert rows(collections=box) == 2
    assert form(browser, "/stuff/act", do="tag", item=ids, tags="x" * 51).status_code == 400
    assert form(browser, "/stuff/act", do="erase", item=ids).status_code == 404, "only from the bin"
    form(browser, "/stuff/act", do="delete", item=ids)
    assert "Delete Item 0 for ever" in browser.get("/stuff?bin=1").text
    assert form(browser, "/stuff/act", do="erase", item=[items[2].public_id, ids[0]]).status_code == 404
    form(browser, "/stuff/act", do="erase", item=ids)
    assert rows() == 1


def test_a_collection_is_searched_and_looked_at_as_a_list(
    browser: httpx.Client, item: Any, alice: Any
) -> None:
    from collections_app.collecting import add_items, create_collection

    box = create_collection(user=alice, name="Box").public_id
    add_items(user=alice, collection_id=box, items=[item("Owl"), item("Okapi")])
    item("Owl outside")
    found = browser.get(f"/collections/{box}?q=owl").text
    assert "<mark>Owl</mark>" in found
    assert "Okapi" not in found
    assert "outside" not in found
    assert "Nothing fits." in browser.get(f"/collections/{box}?q=nowhere&part=1").text
    assert 'data-look="grid"' in browser.get("/stuff").text
    assert 'data-look="list"' in browser.get("/stuff?look=list").text
    for path in ("/stuff", f"/collections/{box}", "/stuff?part=1"):
        assert 'data-look="list"' in browser.get(path).text, "it is remembered"
    assert 'data-look="list"' in browser.get("/stuff?look=none").text
