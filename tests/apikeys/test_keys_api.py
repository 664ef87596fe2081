"""`/api/keys` over HTTP, as spec.txt prints it."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from django.utils import timezone

from apikeys.models import ApiKey
from tests.portal_process import PortalProcess
from tests.usage.test_ledger import ask

MakeKey = Callable[..., str]
FIELDS = {"id", "name", "hint", "permissions", "rpmLimit", "dailyLimit", "monthlyLimit", "monthlyCostLimit"}
FIELDS |= {"ipWhitelist", "allowedModels", "expiresAt", "isEnabled", "status", "createdAt", "lastUsedAt"}


@pytest.fixture
def client_of(portal: PortalProcess) -> Iterator[Callable[[str], httpx.Client]]:
    clients = []

    def make(secret: str) -> httpx.Client:
        headers = {"authorization": f"Bearer {secret}"}
        clients.append(httpx.Client(base_url=portal.api, headers=headers, timeout=30))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def manager(alice: Any, make_key: MakeKey, client_of: Callable[[str], httpx.Client]) -> httpx.Client:
    return client_of(make_key(alice, "chat", "manage"))


@pytest.fixture(params=["key", "cookie"])
def caller(request: pytest.FixtureRequest, portal: PortalProcess, alice: Any) -> httpx.Client:
    """Who may manage Alice's keys."""
    if request.param == "key":
        return request.getfixturevalue("manager")
    client = request.getfixturevalue("sign_in")(alice)
    client.base_url = portal.api
    return client


def create(client: httpx.Client, **fields: Any) -> dict[str, Any]:
    response = client.post("/keys", json={"name": "Mine", "permissions": ["chat"], **fields})
    assert response.status_code == 201, response.text
    return response.json()


def own(client: httpx.Client, alice: Any) -> str:
    """The public id of the key that a client calls with."""
    hint = client.headers["authorization"][-4:]
    return next(key.public_id for key in ApiKey.objects.filter(user=alice) if key.hint.endswith(hint))


def refused(response: httpx.Response) -> tuple[int, str | None]:
    return response.status_code, response.json()["error"]["param"]


def test_it_creates_reads_changes_and_deletes(caller: httpx.Client) -> None:
    made = create(
        caller,
        name="Production Server",
        permissions=["vision", "chat"],
        rpmLimit=30,
        dailyLimit=1000,
        monthlyLimit=500_000,
        monthlyCostLimit=12.5,
        ipWhitelist=["203.0.113.10", "2001:db8::/32"],
        allowedModels=["Waymore-A1-Instruct-1011"],
        expiresInDays=30,
    )
    secret = made.pop("key")
    assert made.keys() == FIELDS
    assert made["permissions"] == ["chat", "vision"]
    assert (made["rpmLimit"], made["dailyLimit"], made["monthlyLimit"]) == (30, 1000, 500_000)
    assert made["monthlyCostLimit"] == 12.5
    assert made["ipWhitelist"] == ["203.0.113.10", "2001:db8::/32"]
    assert made["hint"].endswith(secret[-4:])
    left = datetime.fromisoformat(made["expiresAt"]) - timezone.now()
    assert timedelta(days=29, hours=23) < left <= timedelta(days=30)

    path = f"/keys/{made['id']}"
    assert caller.get(path).json() == made
    changed = caller.patch(path, json={"name": "Other", "rpmLimit": None, "isEnabled": False}).json()
    assert (changed["name"], changed["rpmLimit"], changed["status"]) == ("Other", None, "disabled")
    assert changed["dailyLimit"] == 1000
    assert caller.delete(path).status_code == 204
    assert caller.get(path).status_code == 404
    assert caller.delete(path).status_code == 404
    assert made["id"] not in caller.get("/keys").text


def test_the_printed_examples_work(caller: httpx.Client, portal: PortalProcess) -> None:
    """spec.txt, "Create your key" and "Secure your API keys"."""
    create(caller, name="Chat Only Key", permissions=["chat"], rpmLimit=30)
    create(
        caller,
        name="Production Server",
        permissions=["chat", "vision"],
        ipWhitelist=["203.0.113.10", "203.0.113.11"],
        monthlyLimit=500000,
    )
    made = create(caller, name="My First API Key", permissions=["chat"])
    mine = {"authorization": f"Bearer {made['key']}"}
    path = f"{portal.api}/keys/{made['id']}"
    assert httpx.get(f"{path}/usage?days=7", headers=mine).status_code == 200
    assert httpx.get(f"{path}/requests?limit=20", headers=mine).status_code == 200
    again = httpx.post(f"{path}/regenerate", headers=mine)
    assert again.status_code == 200
    assert again.json()["id"] == made["id"]
    assert again.json()["key"] != made["key"]
    assert httpx.get(path, headers=mine).status_code == 401


def test_it_lists_newest_first_page_by_page(manager: httpx.Client) -> None:
    made = [create(manager, name=f"Key {number}")["id"] for number in range(5)]
    first = manager.get("/keys", params={"limit": 3}).json()
    assert [key["id"] for key in first["data"]] == made[:1:-1]
    late = create(manager, name="Late")["id"]
    second = manager.get("/keys", params={"limit": 3, "cursor": first["nextCursor"]}).json()
    assert [key["id"] for key in second["data"]][:2] == made[1::-1]
    assert late not in str(second)
    assert second["nextCursor"] is None
    assert "key" not in first["data"][0]


@pytest.mark.parametrize("path", ["/keys", "/keys/{id}/requests"])
@pytest.mark.parametrize(
    ("param", "value"),
    [
        ("limit", "0"),
        ("limit", "-1"),
        ("limit", "1000000000"),
        ("limit", "x"),
        ("limit", ""),
        ("cursor", "x"),
        ("cursor", ""),
        ("cursor", "\x00"),
        ("cursor", "WyIyMDI2IiwiMSJd:1abcde:signature"),
        ("sortBy", "name"),
        ("page", "2"),
    ],
)
def test_it_rejects_a_query_it_does_not_know_b03(
    manager: httpx.Client, alice: Any, path: str, param: str, value: str
) -> None:
    path = path.format(id=own(manager, alice))
    assert refused(manager.get(path, params={param: value})) == (400, param)


def test_a_cursor_of_another_list_is_refused_b03(manager: httpx.Client, alice: Any) -> None:
    create(manager)
    cursor = manager.get("/keys", params={"limit": 1}).json()["nextCursor"]
    other = manager.get(f"/keys/{own(manager, alice)}/requests", params={"cursor": cursor})
    assert refused(other) == (400, "cursor")


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": 5}, "name"),
        ({"name": None}, "name"),
        ({"permissions": []}, "permissions"),
        ({"permissions": ["chat", "king"]}, "permissions[1]"),
        ({"permissions": "chat"}, "permissions"),
        ({"rpmLimit": 0}, "rpmLimit"),
        ({"rpmLimit": -1}, "rpmLimit"),
        ({"rpmLimit": 1.5}, "rpmLimit"),
        ({"rpmLimit": True}, "rpmLimit"),
        ({"rpmLimit": "30"}, "rpmLimit"),
        ({"rpmLimit": 10**30}, "rpmLimit"),
        ({"dailyLimit": 0}, "dailyLimit"),
        ({"monthlyLimit": 10**15}, "monthlyLimit"),
        ({"monthlyCostLimit": 0}, "monthlyCostLimit"),
        ({"monthlyCostLimit": "NaN"}, "monthlyCostLimit"),
        ({"monthlyCostLimit": 0.00000001}, "monthlyCostLimit"),
        ({"ipWhitelist": ["203.0.113.10", "nonsense"]}, "ipWhitelist[1]"),
        ({"ipWhitelist": ["10.0.0.1/8"]}, "ipWhitelist[0]"),
        ({"ipWhitelist": ["10.0.0.1"] * 101}, "ipWhitelist"),
        ({"ipWhitelist": [7]}, "ipWhitelist[0]"),
        ({"allowedModels": ["a\x00"]}, "allowedModels[0]"),
        ({"allowedModels": ["x" * 201]}, "allowedModels[0]"),
        ({"expiresInDays": 0}, "expiresInDays"),
        ({"expiresInDays": 10_000}, "expiresInDays"),
        ({"isEnabled": "yes"}, "isEnabled"),
        ({"nonsense": 1}, "nonsense"),
        ({"user": "usr_1"}, "user"),
    ],
)
def test_it_rejects_and_names_the_field_b04(
    manager: httpx.Client, alice: Any, fields: dict[str, Any], param: str
) -> None:
    body = {"name": "Mine", "permissions": ["chat"], **fields}
    assert refused(manager.post("/keys", json=body)) == (400, param)
    assert refused(manager.patch(f"/keys/{own(manager, alice)}", json=fields)) == (400, param)
    assert alice.api_keys.count() == 1


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"\xff", b'"x"', b"[" * 5000, b'{"name": "\\ud800", "permissions": ["chat"]}']
)
def test_it_rejects_what_is_not_a_json_object(manager: httpx.Client, body: bytes) -> None:
    assert manager.post("/keys", content=body).status_code == 400


@pytest.mark.parametrize("form", [{"files": {"name": b"x"}}, {"data": {"name": "x"}}])
def test_it_rejects_a_form(caller: httpx.Client, form: dict[str, Any]) -> None:
    assert caller.post("/keys", **form).status_code in (400, 415)


def test_it_rejects_a_large_body(manager: httpx.Client) -> None:
    assert manager.post("/keys", content=b" " * 2_000_000).status_code == 400
    assert manager.post("/keys", content=b" " * 34_000_000).status_code == 400


def test_a_missing_field_is_named(manager: httpx.Client) -> None:
    assert refused(manager.post("/keys", json={"permissions": ["chat"]})) == (400, "name")
    assert refused(manager.post("/keys", json={"name": "x"})) == (400, "permissions")


def test_a_key_without_manage_reads_and_regenerates_itself_only(
    api: httpx.Client, alice: Any, make_key: MakeKey
) -> None:
    me = own(api, alice)
    make_key(alice)
    other = next(key.public_id for key in alice.api_keys.all() if key.public_id != me)
    assert api.get(f"/keys/{me}").status_code == 200
    assert api.get(f"/keys/{me}/usage").status_code == 200
    assert api.get(f"/keys/{me}/requests").status_code == 200
    body = {"name": "x", "permissions": ["chat"]}
    refusals = [
        api.get("/keys"),
        api.post("/keys", json=body),
        api.patch(f"/keys/{me}", json={"rpmLimit": None}),
        api.delete(f"/keys/{me}"),
        *(api.get(f"/keys/{other}{tail}") for tail in ("", "/usage", "/requests")),
        api.patch(f"/keys/{other}", json={}),
        api.delete(f"/keys/{other}"),
        api.post(f"/keys/{other}/regenerate"),
    ]
    assert {response.status_code for response in refusals} == {403}
    assert {response.json()["error"]["type"] for response in refusals} == {"permission_error"}
    assert alice.api_keys.filter(revoked_at=None).count() == 2
    assert api.post(f"/keys/{me}/regenerate").status_code == 200
    assert api.get(f"/keys/{me}").status_code == 401


def test_anothers_key_is_not_there_z01(
    manager: httpx.Client, bob: Any, make_key: MakeKey, api: httpx.Client
) -> None:
    make_key(bob)
    theirs = bob.api_keys.get().public_id
    for client in (manager, api):
        answers = [
            *(client.get(f"/keys/{theirs}{tail}") for tail in ("", "/usage", "/requests")),
            client.patch(f"/keys/{theirs}", json={"name": "x"}),
            client.delete(f"/keys/{theirs}"),
            client.post(f"/keys/{theirs}/regenerate"),
        ]
        assert {answer.status_code for answer in answers} == {404}
    assert bob.api_keys.get().revoked_at is None


@pytest.mark.parametrize("public_id", ["key_nonsense", "x", "%00", "ses_" + "0" * 32])
def test_an_unknown_key_is_not_there(manager: httpx.Client, public_id: str) -> None:
    assert manager.get(f"/keys/{public_id}").status_code == 404


def test_nobody_gets_in_without_a_key(portal: PortalProcess) -> None:
    assert httpx.get(f"{portal.api}/keys").status_code == 401


def test_a_browser_needs_its_csrf_token_w08(
    portal: PortalProcess, alice: Any, sign_in: Callable[..., Any]
) -> None:
    client = sign_in(alice)
    del client.headers["x-csrftoken"]
    body = {"name": "x", "permissions": ["chat"]}
    assert client.post("/api/keys", json=body).status_code == 403
    assert not alice.api_keys.exists()


def test_usage_has_totals_and_every_day(api: httpx.Client, alice: Any) -> None:
    me = own(api, alice)
    api.post("/chat/completions", json=ask("Count to 9"))
    usage = api.get(f"/keys/{me}/usage?days=7").json()
    assert usage["days"] == 7
    today = timezone.now().date()
    assert [day["date"] for day in usage["series"]] == [
        (today - timedelta(days=6 - number)).isoformat() for number in range(7)
    ]
    assert usage["totals"]["requests"] == usage["series"][-1]["requests"] == 1
    assert usage["totals"]["outputTokens"] == 9
    assert usage["totals"]["tokens"] == usage["totals"]["inputTokens"] + 9
    assert (usage["totals"]["errors"], usage["series"][0]["requests"]) == (0, 0)


@pytest.mark.parametrize("days", ["0", "-1", "366", "x"])
def test_usage_rejects_other_days_b03(api: httpx.Client, alice: Any, days: str) -> None:
    assert refused(api.get(f"/keys/{own(api, alice)}/usage", params={"days": days})) == (400, "days")


def test_requests_tell_everything_but_what_was_said(api: httpx.Client, alice: Any) -> None:
    me = own(api, alice)
    said = [
        api.post("/chat/completions", json=ask(f"Count to {number}")).headers["x-request-id"]
        for number in (3, 4, 5)
    ]
    page = api.get(f"/keys/{me}/requests", params={"limit": 2}).json()
    rest = api.get(f"/keys/{me}/requests", params={"limit": 2, "cursor": page["nextCursor"]}).json()
    listed = [*page["data"], *rest["data"]]
    assert [record["id"] for record in listed] == said[::-1]
    record = listed[0]
    assert (record["status"], record["outputTokens"], record["address"]) == ("complete", 5, "127.0.0.1")
    assert record["tokens"] == record["inputTokens"] + 5
    assert record["latency"] >= record["firstToken"]
    assert "Count" not in str(listed)
