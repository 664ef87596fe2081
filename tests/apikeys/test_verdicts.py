"""May this key be used? Asked at every door, and answered the same (battery Z01, Z03, Z04)."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.utils import timezone

from apikeys.services import edit_key, regenerate_key, revoke_key
from tests import profile
from tests.portal_process import PortalProcess, serve
from tests.usage.test_ledger import MODEL, ask
from usage.models import UsageRecord

MakeKey = Callable[..., str]
# Completions go beside Django, or through it; all else is Django REST framework's.
DOORS = ("completions", "messages", "models", "keys", "usage")
HEADERS = ("bearer", "x-api-key")


@pytest.fixture(scope="session")
def behind_proxy(portal: PortalProcess) -> Iterator[PortalProcess]:
    """The same data behind a process that believes what proxies on this machine say of the caller."""
    with serve(profile.MAIN, PORTAL_TRUSTED_PROXIES="127.0.0.0/8") as running:
        yield running


@pytest.fixture(params=HEADERS)
def knock(request: pytest.FixtureRequest) -> Callable[..., httpx.Response]:
    def at(portal: PortalProcess, door: str, secret: str, **headers: str) -> httpx.Response:
        name, value = ("x-api-key", secret)
        if request.param == "bearer":
            name, value = ("authorization", f"Bearer {secret}")
        headers = {name: value, **headers}
        if door in ("completions", "messages"):
            path = "/chat/completions" if door == "completions" else "/v1/messages"
            body = ask("Count to 1", max_tokens=5)
            return httpx.post(portal.api + path, headers=headers, json=body, timeout=30)
        path = {"models": "/models", "keys": "/keys", "usage": "/usage/summary"}[door]
        return httpx.get(portal.api + path, headers=headers, timeout=30)

    return at


Knock = Callable[..., httpx.Response]
EVERYWHERE = pytest.mark.parametrize("door", DOORS)


def make(alice: Any, make_key: MakeKey, **fields: Any) -> tuple[Any, str]:
    secret = make_key(alice, "chat", "manage", **fields)
    return alice.api_keys.get(), secret


@EVERYWHERE
def test_it_works_z01(knock: Knock, portal: PortalProcess, alice: Any, make_key: MakeKey, door: str) -> None:
    _, secret = make(alice, make_key)
    assert knock(portal, door, secret).status_code == 200


@EVERYWHERE
@pytest.mark.parametrize("state", ["disabled", "expired", "deleted", "regenerated"])
def test_a_dead_key_is_dead_at_once_in_every_process_z01_z03(
    knock: Knock, portals: list[PortalProcess], alice: Any, make_key: MakeKey, door: str, state: str
) -> None:
    key, secret = make(alice, make_key)
    for portal in portals:
        assert knock(portal, door, secret).status_code == 200
    if state == "disabled":
        edit_key(key=key, is_enabled=False)
    elif state == "expired":
        key.expires_at = timezone.now()
        key.save()
    elif state == "deleted":
        revoke_key(key=key)
    else:
        regenerate_key(key=key)
    before = UsageRecord.objects.filter(user=alice).count()
    for portal in portals:
        refused = knock(portal, door, secret)
        assert refused.status_code == 401
        message = refused.json()["error"]["message"]
        assert {"disabled": "disabled", "expired": "expired"}.get(state, "Incorrect API key") in message
    assert UsageRecord.objects.filter(user=alice).count() == before


def test_an_enabled_key_lives_again(
    knock: Knock, portal: PortalProcess, alice: Any, make_key: MakeKey
) -> None:
    key, secret = make(alice, make_key, is_enabled=False)
    assert knock(portal, "completions", secret).status_code == 401
    edit_key(key=key, is_enabled=True)
    assert knock(portal, "completions", secret).status_code == 200


@EVERYWHERE
def test_an_old_secret_may_have_its_grace_z03(
    knock: Knock, portals: list[PortalProcess], alice: Any, make_key: MakeKey, door: str
) -> None:
    key, first = make(alice, make_key)
    second = regenerate_key(key=key, grace=timedelta(hours=1))
    for portal in portals:
        assert {knock(portal, door, secret).status_code for secret in (first, second)} == {200}
    key.previous_valid_until = timezone.now()
    key.save()
    assert knock(portals[0], door, first).status_code == 401
    third = regenerate_key(key=key, grace=timedelta(hours=1))
    fourth = regenerate_key(key=key, grace=timedelta(hours=1))
    answers = [knock(portals[0], door, secret).status_code for secret in (first, second, third, fourth)]
    assert answers == [401, 401, 200, 200]
    assert knock(portals[0], door, regenerate_key(key=key)).status_code == 200
    assert {knock(portals[0], door, secret).status_code for secret in (third, fourth)} == {401}


@EVERYWHERE
@pytest.mark.parametrize(
    ("allowlist", "caller", "status"),
    [
        (["203.0.113.0/24"], "203.0.113.10", 200),
        (["203.0.113.0/24"], "::ffff:203.0.113.10", 200),
        (["2001:db8::/32"], "2001:db8::7", 200),
        (["203.0.113.0/24"], "198.51.100.1", 403),
        (["203.0.113.0/24"], "2001:db8::7", 403),
        # What a caller writes itself stands left of what the proxy adds.
        (["203.0.113.0/24"], "203.0.113.10, 198.51.100.1", 403),
        (["203.0.113.0/24"], "198.51.100.1, 203.0.113.10", 200),
        (["203.0.113.0/24"], "203.0.113.10, 127.0.0.5", 200),
    ],
)
def test_an_address_must_be_in_the_list_z04(
    knock: Knock,
    behind_proxy: PortalProcess,
    alice: Any,
    make_key: MakeKey,
    door: str,
    allowlist: list[str],
    caller: str,
    status: int,
) -> None:
    _, secret = make(alice, make_key, ip_whitelist=allowlist)
    answer = knock(behind_proxy, door, secret, **{"x-forwarded-for": caller})
    assert answer.status_code == status, answer.text
    if status == 403:
        assert answer.json()["error"]["type"] == "permission_error"
        assert not UsageRecord.objects.filter(user=alice).exists()


@EVERYWHERE
def test_a_stranger_cannot_claim_an_address_z04(
    knock: Knock, portal: PortalProcess, alice: Any, make_key: MakeKey, door: str
) -> None:
    """This portal trusts no proxy."""
    _, secret = make(alice, make_key, ip_whitelist=["203.0.113.10"])
    answer = knock(portal, door, secret, **{"x-forwarded-for": "203.0.113.10", "x-real-ip": "203.0.113.10"})
    assert answer.status_code == 403
    local = make_key(alice, "chat", "manage", ip_whitelist=["127.0.0.1"])
    assert knock(portal, door, local).status_code == 200


def test_a_key_may_be_bound_to_models(portal: PortalProcess, alice: Any, make_key: MakeKey) -> None:
    from chat.models import Deployment, PublicModel, Upstream

    other = PublicModel.objects.create(name=f"other-{alice.pk.hex}")
    upstream = Upstream.objects.get(name="builtin")
    Deployment.objects.create(model=other, upstream=upstream, upstream_model="builtin")
    headers = {"x-api-key": make_key(alice, allowed_models=[other.name])}
    with httpx.Client(base_url=portal.api, headers=headers, timeout=30) as client:
        assert client.post("/chat/completions", json={**ask("Hi"), "model": other.name}).status_code == 200
        refused = client.post("/chat/completions", json=ask("Hi"))
        unknown = client.post("/chat/completions", json={**ask("Hi"), "model": "nope"})
        assert refused.status_code == unknown.status_code == 404
        assert refused.json()["error"]["code"] == unknown.json()["error"]["code"] == "model_not_found"
        assert refused.json()["error"]["message"].replace(MODEL, "nope") == unknown.json()["error"]["message"]
        assert [model["id"] for model in client.get("/models").json()["data"]] == [other.name]
        assert [model["id"] for model in client.get("/chat/models").json()["data"]] == [other.name]
        assert client.get(f"/models/{other.name}").status_code == 200
        assert client.get(f"/models/{MODEL}").status_code == 404
    assert UsageRecord.objects.filter(user=alice).count() == 1
    other.delete()
