"""A collection among people: by link, and with those who are named. Alice owns it, Bob is a guest, Charlie an
outsider."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.chat.attachments import samples
from tests.collections_app.conftest import refused
from tests.portal_process import PortalProcess


@pytest.fixture
def client_of(portal: PortalProcess, make_key: Callable[..., str]) -> Iterator[Callable[[Any], httpx.Client]]:
    with ExitStack() as stack:

        def enter(user: Any) -> httpx.Client:
            headers = {"x-api-key": make_key(user)}
            return stack.enter_context(httpx.Client(base_url=f"{portal.url}/api", headers=headers))

        yield enter


@pytest.fixture
def bobs(client_of: Any, bob: Any) -> httpx.Client:
    return client_of(bob)


@pytest.fixture
def charlie(make_user: Callable[..., Any]) -> Any:
    return make_user("charlie")


@pytest.fixture
def anybody(portal: PortalProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=portal.url) as client:
        yield client


@pytest.fixture
def full(api: httpx.Client, collection: Any, keep: Callable[..., Any]) -> str:
    for title in ("Owl", "Eel"):
        put_in(api, collection["id"], keep(title, f"About the {title}", favorite=True)["id"])
    return f"/collections/{collection['id']}"


def put_in(client: httpx.Client, collection: str, item: str) -> httpx.Response:
    return client.post(f"/collections/{collection}/items", json={"itemId": item})


def share(api: httpx.Client, path: str, user: Any, role: str = "view") -> Any:
    email = user if isinstance(user, str) else user.email
    response = api.put(f"{path}/people", json={"email": email, "role": role})
    assert response.status_code == 200, response.text
    return response.json()


def items(client: httpx.Client, path: str) -> list[Any]:
    response = client.get(f"{path}/items")
    assert response.status_code == 200, response.text
    return response.json()["data"]


def titles_in(client: httpx.Client, path: str) -> list[str]:
    return [item["title"] for item in items(client, path)]


def note(client: httpx.Client, title: str = "Bat", **fields: Any) -> Any:
    return client.post("/stuff", json={"type": "NOTE", "title": title, "content": "x", **fields}).json()


def link(api: httpx.Client, path: str) -> str:
    response = api.post(f"{path}/link")
    assert response.status_code == 201, response.text
    return urlsplit(response.json()["url"]).path


# By link


def test_whoever_has_the_link_reads(
    api: httpx.Client, anybody: httpx.Client, full: str, keep: Callable[..., Any], alice: Any
) -> None:
    keep("Elsewhere")
    address = link(api, full)
    assert re.fullmatch(r"/share/collections/[\w-]{32}", address)
    page = anybody.get(address)
    assert page.status_code == 200
    assert [title in page.text for title in ("A collection", "Owl", "Eel", "Elsewhere")] == [True] * 3 + [
        False
    ]
    assert "noindex" in page.headers["x-robots-tag"]
    assert 'name="robots" content="noindex' in page.text
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "private, no-cache"
    assert "connect-src 'none'" in page.headers["content-security-policy"]
    [owl, _eel] = items(api, full)
    whole = anybody.get(f"{address}/{owl['id']}")
    assert "About the Owl" in whole.text
    for text in (page.text, whole.text):
        assert alice.email not in text
        assert alice.email.partition("@")[0] not in text
        assert not re.search(r'(src|href)="(https?:)?//', text)
    assert api.get(f"{full}/link").json().keys() == {"createdAt"}


def test_only_what_is_in_it_now(
    api: httpx.Client, anybody: httpx.Client, full: str, keep: Callable[..., Any]
) -> None:
    address = link(api, full)
    [owl, eel] = items(api, full)
    elsewhere = keep("Elsewhere")
    api.delete(f"{full}/items/{owl['id']}")
    api.delete(f"/stuff/{eel['id']}")
    for item in (owl, eel, elsewhere):
        assert anybody.get(f"{address}/{item['id']}").status_code == 404
    assert "Nothing is in it yet" in anybody.get(address).text


def test_it_is_gone_at_once_when_revoked_or_made_anew(
    api: httpx.Client, anybody: httpx.Client, full: str, alice: Any
) -> None:
    first = link(api, full)
    second = link(api, full)
    assert (anybody.get(first).status_code, anybody.get(second).status_code) == (404, 200)
    [owl, _eel] = items(api, full)
    assert api.delete(f"{full}/link").status_code == 204
    assert anybody.get(second).status_code == anybody.get(f"{second}/{owl['id']}").status_code == 404
    assert api.delete(f"{full}/link").status_code == api.get(f"{full}/link").status_code == 404
    third = link(api, full)
    alice.is_active = False
    alice.save()
    assert anybody.get(third).status_code == 404


def test_files_are_reached_through_the_link_while_it_lives(
    api: httpx.Client, anybody: httpx.Client, full: str, keep: Callable[..., Any]
) -> None:
    picture = samples.image()
    uploads = [("files", ("a.png", picture)), ("files", ("b.txt", b"Text")), ("files", ("c.txt", b"Other"))]
    stored = api.post("/chat/attachments", files=uploads, timeout=60).json()["data"]
    image, file, other = (
        keep(each["name"], each["url"], type=kind)["id"]
        for each, kind in zip(stored, ("IMAGE", "FILE", "FILE"), strict=True)
    )
    for item in (image, file):
        put_in(api, full.rpartition("/")[2], item)
    address = link(api, full)
    page = anybody.get(address).text
    assert f'src="{address}/{image}/file?small"' in page
    assert "/uploads/" not in page + anybody.get(f"{address}/{image}").text
    assert anybody.get(f"{address}/{image}/file").content == picture
    small = anybody.get(f"{address}/{image}/file?small")
    assert small.headers["content-type"].startswith("image/")
    assert "noindex" in small.headers["x-robots-tag"]
    download = anybody.get(f"{address}/{file}/file")
    assert (download.content, download.headers["content-disposition"]) == (
        b"Text",
        'attachment; filename="b.txt"',
    )
    assert anybody.get(f"{address}/{file}/file?view").status_code == 404
    assert anybody.get(f"{address}/{other}/file").status_code == 404
    assert anybody.get(stored[0]["url"]).status_code in (401, 404)
    api.delete(f"{full}/items/{file}")
    assert anybody.get(f"{address}/{file}/file").status_code == 404
    api.delete(f"{full}/link")
    assert anybody.get(f"{address}/{image}/file").status_code == 404


# With people


def test_who_may_view_reads_and_no_more(
    api: httpx.Client, bobs: httpx.Client, client_of: Any, charlie: Any, full: str, bob: Any, alice: Any
) -> None:
    assert bobs.get(full).status_code == 404
    share(api, full, bob)
    [shared] = bobs.get("/collections/shared").json()["data"]
    told = {"role": "view", "owner": alice.display_name, "itemCount": 2, "order": None}
    assert {name: shared[name] for name in told} == told
    assert bobs.get("/collections").json()["data"] == []
    assert titles_in(bobs, full) == ["Owl", "Eel"]
    whole = bobs.get(full).json()
    assert [item["title"] for item in whole["items"]] == ["Owl", "Eel"]
    assert alice.email not in bobs.get(full).text
    owl = whole["items"][0]["id"]
    item = bobs.get(f"/stuff/{owl}").json()
    assert (item["content"], item["favorite"], item["owner"]) == ("About the Owl", False, alice.display_name)
    assert bobs.get("/stuff").json()["data"] == []
    mine = note(bobs)["id"]
    for refusal in (
        put_in(bobs, shared["id"], mine),
        bobs.patch(f"{full}/items/{owl}", json={"position": 1}),
        bobs.delete(f"{full}/items/{owl}"),
        bobs.patch(f"/stuff/{owl}", json={"title": "Mine"}),
        *owners_alone(bobs, full, owl),
    ):
        assert refusal.status_code == 403, (refusal.request.method, refusal.url, refusal.text)
    assert titles_in(api, full) == ["Owl", "Eel"]
    outsider = client_of(charlie)
    for path in (full, f"{full}/items", f"{full}/people", f"{full}/link", f"{full}/export", f"/stuff/{owl}"):
        assert outsider.get(path).status_code == 404, path


def owners_alone(client: httpx.Client, path: str, item: str) -> list[httpx.Response]:
    return [
        client.patch(path, json={"name": "Mine"}),
        client.delete(path),
        client.post(f"{path}/link"),
        client.get(f"{path}/link"),
        client.delete(f"{path}/link"),
        client.get(f"{path}/people"),
        client.put(f"{path}/people", json={"email": "x@example.org", "role": "view"}),
        client.delete(f"{path}/people/gst_{'0' * 32}"),
        client.delete(f"/stuff/{item}"),
        client.get(f"/stuff/{item}/versions"),
        client.post(f"/stuff/{item}/versions/1/restore"),
    ]


def test_who_may_edit_changes_what_is_in_it(
    api: httpx.Client, bobs: httpx.Client, full: str, bob: Any, keep: Callable[..., Any]
) -> None:
    share(api, full, bob, "edit")
    owl, eel = (item["id"] for item in items(bobs, full))
    mine = note(bobs, favorite=True)["id"]
    assert put_in(bobs, full.rpartition("/")[2], mine).status_code == 201
    assert bobs.patch(f"{full}/items/{mine}", json={"position": 0}).status_code == 200
    assert titles_in(api, full) == ["Bat", "Owl", "Eel"]
    assert bobs.patch(f"/stuff/{owl}", json={"title": "Barn owl"}).json()["title"] == "Barn owl"
    versions = api.get(f"/stuff/{owl}/versions").json()["data"]
    assert versions[0]["by"] == bob.display_name
    assert api.patch(f"/stuff/{mine}", json={"content": "By Alice"}).json()["owner"] == bob.display_name
    assert bobs.get(f"/stuff/{mine}").json()["content"] == "By Alice"
    assert bobs.delete(f"{full}/items/{eel}").status_code == 204
    assert titles_in(api, full) == ["Bat", "Barn owl"]
    assert api.get(f"/stuff/{eel}").status_code == 200
    for refusal in owners_alone(bobs, full, owl):
        assert refusal.status_code == 403, (refusal.request.method, refusal.url)
    # Neither may do with the other's item what is its owner's alone.
    assert refused(bobs.patch(f"/stuff/{owl}", json={"favorite": False})) == (403, "favorite")
    assert api.get(f"/stuff/{mine}").json()["favorite"] is False
    assert api.delete(f"/stuff/{mine}").status_code == 403
    bulk = api.post("/stuff/bulk", json={"action": "delete", "itemIds": [mine]})
    assert bulk.status_code == 404
    elsewhere = keep("Elsewhere")["id"]
    assert put_in(bobs, full.rpartition("/")[2], elsewhere).status_code == 404


def test_other_collections_of_an_item_stay_private(
    api: httpx.Client, bobs: httpx.Client, full: str, bob: Any
) -> None:
    share(api, full, bob)
    owl = items(api, full)[0]["id"]
    private = api.post("/collections", json={"name": "Private"}).json()["id"]
    put_in(api, private, owl)
    assert set(api.get(f"/stuff/{owl}").json()["collectionIds"]) == {private, full.rpartition("/")[2]}
    assert bobs.get(f"/stuff/{owl}").json()["collectionIds"] == [full.rpartition("/")[2]]
    assert items(bobs, full)[0]["collectionIds"] == [full.rpartition("/")[2]]
    assert bobs.get("/stuff", params={"collectionId": private}).status_code == 404


def test_an_editor_cannot_name_another_file_of_the_owners(
    api: httpx.Client, bobs: httpx.Client, full: str, bob: Any, keep: Callable[..., Any], sign_in: Any
) -> None:
    uploads = [("files", ("a.txt", b"Shared")), ("files", ("b.txt", b"Secret"))]
    shared, secret = api.post("/chat/attachments", files=uploads, timeout=60).json()["data"]
    item = keep("A file", shared["url"], type="FILE")["id"]
    put_in(api, full.rpartition("/")[2], item)
    keep("Another", secret["url"], type="FILE")
    browser = sign_in(bob)
    assert browser.get(shared["url"]).status_code == 404
    share(api, full, bob, "edit")
    assert browser.get(shared["url"]).content == b"Shared"
    assert browser.get(secret["url"]).status_code == 404
    assert refused(bobs.patch(f"/stuff/{item}", json={"content": secret["url"]})) == (403, "content")
    owl = items(bobs, full)[0]["id"]
    turned = bobs.patch(f"/stuff/{owl}", json={"type": "FILE", "content": secret["url"]})
    assert turned.status_code == 403
    # One's own item about it shows nobody what is hers.
    mine = note(bobs, type="FILE", content=secret["url"])["id"]
    put_in(bobs, full.rpartition("/")[2], mine)
    assert browser.get(secret["url"]).status_code == 404
    # A file of the owner's goes into a chat as a copy.
    used = bobs.post(f"/stuff/{item}/use").json()["attachments"]
    assert browser.get(used[0]["url"]).content == b"Shared"
    # What it was about before is its owner's.
    api.patch(f"/stuff/{item}", json={"type": "NOTE", "content": "No more"})
    assert browser.get(shared["url"]).status_code == 404


def test_revoking_takes_effect_at_once(api: httpx.Client, bobs: httpx.Client, full: str, bob: Any) -> None:
    guest = share(api, full, bob, "edit")
    owl = items(bobs, full)[0]["id"]
    mine = note(bobs)["id"]
    put_in(bobs, full.rpartition("/")[2], mine)
    changed = share(api, full, bob, "view")
    assert (changed["id"], changed["role"]) == (guest["id"], "view")
    assert bobs.patch(f"/stuff/{owl}", json={"title": "x"}).status_code == 403
    assert api.delete(f"{full}/people/{guest['id']}").status_code == 204
    for path in (full, f"{full}/items", f"/stuff/{owl}"):
        assert bobs.get(path).status_code == 404
    assert bobs.get("/stuff", params={"collectionId": full.rpartition("/")[2]}).status_code == 404
    # What was Bob's left with him, and is his.
    assert titles_in(api, full) == ["Owl", "Eel"]
    assert api.get(f"/stuff/{mine}").status_code == 404
    assert bobs.get(f"/stuff/{mine}").json()["collectionIds"] == []
    assert api.get(f"{full}/people").json()["data"] == []


def test_a_guest_leaves_and_takes_things_back(
    api: httpx.Client, bobs: httpx.Client, full: str, bob: Any
) -> None:
    share(api, full, bob, "edit")
    first, second = note(bobs, "Ant")["id"], note(bobs, "Bat")["id"]
    for item in (first, second):
        put_in(bobs, full.rpartition("/")[2], item)
    share(api, full, bob, "view")
    assert bobs.delete(f"{full}/items/{first}").status_code == 204
    assert titles_in(api, full) == ["Owl", "Eel", "Bat"]
    assert bobs.delete(f"{full}/people/me").status_code == 204
    assert titles_in(api, full) == ["Owl", "Eel"]
    assert bobs.get(full).status_code == 404
    assert api.delete(f"{full}/people/me").status_code == 400


def test_an_address_without_an_account_is_told_like_any_other(
    api: httpx.Client, full: str, bob: Any, make_user: Callable[..., Any], client_of: Any, new_email: str
) -> None:
    known, unknown = share(api, full, bob), share(api, full, f"  {new_email.upper()} ")
    assert known.keys() == unknown.keys() == {"id", "email", "role", "createdAt"}
    listed = api.get(f"{full}/people").json()["data"]
    assert sorted(guest["email"] for guest in listed) == sorted([bob.email, new_email.lower()])
    assert api.get(f"{full}/people/{known['id']}").json() == known
    # Whoever shows later that it is theirs is let in, and stays known when the address changes.
    later = make_user("later")
    address = later.emailaddress_set.get()
    theirs = client_of(later)
    address.email, address.verified = new_email, False
    address.save()
    assert theirs.get(full).status_code in (401, 403, 404)
    address.verified = True
    address.save()
    assert titles_in(theirs, full) == ["Owl", "Eel"]
    address.email = f"moved-{new_email}"
    address.save()
    assert titles_in(theirs, full) == ["Owl", "Eel"]
    bob.emailaddress_set.create(email=new_email, verified=True)
    api.delete(f"{full}/people/{known['id']}")
    assert client_of(bob).get(full).status_code == 404, "the invitation was taken"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"email": "nobody", "role": "view"}, "email"),
        ({"email": "a@example.org", "role": "own"}, "role"),
        ({"email": "a@example.org"}, "role"),
        ({"role": "view"}, "email"),
        ({"email": f"{'a' * 250}@example.org", "role": "view"}, "email"),
    ],
)
def test_it_rejects(api: httpx.Client, full: str, body: Any, param: str) -> None:
    assert refused(api.put(f"{full}/people", json=body)) == (400, param)


def test_it_rejects_oneself_and_too_many(api: httpx.Client, full: str, alice: Any) -> None:
    from collections_app.models import Collection, Guest

    body = {"email": alice.email.upper(), "role": "view"}
    assert refused(api.put(f"{full}/people", json=body)) == (400, "email")
    collection = Collection.objects.get(user=alice)
    Guest.objects.bulk_create(
        Guest(collection=collection, email=f"{number}@example.org", role="view") for number in range(100)
    )
    body = {"email": "one-more@example.org", "role": "view"}
    assert api.put(f"{full}/people", json=body).status_code == 409
    assert api.put(f"{full}/people", json={**body, "email": "1@example.org"}).status_code == 200


def test_what_is_shared_is_searched(
    api: httpx.Client, bobs: httpx.Client, full: str, bob: Any, keep: Callable[..., Any]
) -> None:
    share(api, full, bob, "edit")
    keep("Elsewhere", "About the Owl")
    note(bobs, "About the owl, by Bob")
    put_in(bobs, full.rpartition("/")[2], note(bobs, "Owl of Bob", favorite=True)["id"])

    def found(client: httpx.Client, **params: Any) -> set[str]:
        listed = client.get("/stuff", params={"collectionId": full.rpartition("/")[2], **params})
        return {item["title"] for item in listed.json()["data"]}

    for client in (api, bobs):
        assert found(client) == {"Owl", "Eel", "Owl of Bob"}
        assert found(client, search="owl") == {"Owl", "Owl of Bob"}
        assert found(client, search="abuot eel") == {"Eel"}
    assert found(bobs, favorite=True) == found(bobs, search="is:favorite") == {"Owl of Bob"}
    assert found(api, favorite=True) == {"Owl", "Eel"}
    assert found(bobs, favorite=False) == {"Owl", "Eel"}
    assert found(bobs, deleted=True) == set()


def test_what_is_shared_is_exported_and_imported_into(
    api: httpx.Client, bobs: httpx.Client, full: str, bob: Any
) -> None:
    share(api, full, bob)
    data = bobs.get(f"{full}/export", params={"format": "markdown"}).content
    assert b"About the Owl" in data
    assert b"favorite" not in data
    into = {"collectionId": full.rpartition("/")[2]}
    assert bobs.post("/collections/import", files={"file": ("a.md", b"New")}, data=into).status_code == 403
    share(api, full, bob, "edit")
    report = bobs.post("/collections/import", files={"file": ("a.md", b"New")}, data=into).json()
    assert [each["title"] for each in report["created"]] == ["a"]
    assert titles_in(api, full) == ["Owl", "Eel", "a"]


def test_accounts_end(api: httpx.Client, bobs: httpx.Client, full: str, bob: Any, alice: Any) -> None:
    from accounts.deletion import delete_account
    from collections_app.models import Collection, Guest

    share(api, full, bob, "edit")
    mine = note(bobs)["id"]
    put_in(bobs, full.rpartition("/")[2], mine)
    alice.is_active = False
    alice.save()
    assert bobs.get(full).status_code == bobs.get(f"/stuff/{items_of(alice)[0]}").status_code == 404
    assert bobs.get("/collections/shared").json()["data"] == []
    alice.is_active = True
    alice.save()
    bob.is_active = False
    bob.save()
    assert titles_in(api, full) == ["Owl", "Eel"]
    assert api.get(full).json()["itemCount"] == 2
    delete_account(user=bob)
    assert not Guest.objects.filter(collection__user=alice).exists()
    assert titles_in(api, full) == ["Owl", "Eel"]
    delete_account(user=alice)
    assert not Collection.objects.filter(user=alice.pk).exists()


def items_of(user: Any) -> list[str]:
    return [item.public_id for item in user.content_items.all()]


def test_the_owner_goes_and_guests_keep_what_is_theirs(
    api: httpx.Client, bobs: httpx.Client, full: str, bob: Any, alice: Any
) -> None:
    from accounts.deletion import delete_account

    share(api, full, bob, "edit")
    mine = note(bobs)["id"]
    put_in(bobs, full.rpartition("/")[2], mine)
    delete_account(user=alice)
    assert bobs.get(full).status_code == 404
    assert bobs.get(f"/stuff/{mine}").json()["collectionIds"] == []


def test_a_data_export_says_with_whom(
    api: httpx.Client, bobs: httpx.Client, full: str, bob: Any, alice: Any
) -> None:
    from collections_app.own_data import export

    class Rows:
        def __init__(self, user: Any) -> None:
            self.files: dict[str, list[Any]] = {}
            export(user, self)

        def add_rows(self, path: str, rows: Any) -> None:
            self.files[path] = list(rows)

    share(api, full, bob)
    bobs.get(full)
    [told] = Rows(alice).files["stuff/collections.json"]
    assert told["sharedWith"] == [{"email": bob.email, "role": "view"}]
    [told] = Rows(bob).files["stuff/shared-with-me.json"]
    assert (told["name"], told["owner"], told["role"]) == ("A collection", alice.display_name, "view")
    assert Rows(bob).files["stuff/items.json"] == []


def test_agents_obey_the_same_rules(
    api: httpx.Client, bobs: httpx.Client, full: str, bob: Any, alice: Any
) -> None:
    from collections_app.mcp.tools import use
    from portal.web.errors import NotAllowed, NotFound

    there = full.rpartition("/")[2]
    owl = items(api, full)[0]["id"]
    with pytest.raises(NotFound):
        use("read_stuff", bob, {"id": owl})
    share(api, full, bob)
    assert use("read_stuff", bob, {"id": owl}).content == "About the Owl"  # type: ignore[attr-defined]
    assert use("search_stuff", bob, {}).items == []  # type: ignore[attr-defined]
    found = use("search_stuff", bob, {"collectionId": there, "query": "owl"})
    assert [hit.title for hit in found.items] == ["Owl"]  # type: ignore[attr-defined]
    [listed] = use("list_collections", bob, {"shared": True}).collections  # type: ignore[attr-defined]
    assert (listed.id, listed.may_edit, listed.owner) == (there, False, alice.display_name)
    save = {"title": "Found", "content": "x", "collectionId": there}
    with pytest.raises(NotAllowed):
        use("save_stuff", bob, save)
    share(api, full, bob, "edit")
    use("save_stuff", bob, save)
    assert titles_in(api, full) == ["Owl", "Eel", "Found"]
