"""Which models a person may use: those without a group, and those of their groups."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.portal_process import PortalProcess

PATHS = {"openai": "/chat/completions", "anthropic": "/v1/messages"}


@pytest.fixture
def restricted(alice: Any) -> Iterator[Any]:
    """A model for a group that Alice is in."""
    from django.contrib.auth.models import Group

    from chat.models import Deployment, PublicModel, Upstream

    group = Group.objects.create(name=f"group {alice.pk}")
    alice.groups.add(group)
    model = PublicModel.objects.create(name=f"secret/{alice.pk}")
    model.groups.add(group)
    upstream = Upstream.objects.get(kind="builtin")
    Deployment.objects.create(model=model, upstream=upstream, upstream_model="builtin")
    yield model
    model.delete()


def ask(url: str, secret: str, model: str, wire: str = "openai") -> httpx.Response:
    body = {"model": model, "max_tokens": 20, "messages": [{"role": "user", "content": "Hi"}]}
    return httpx.post(url + PATHS[wire], json=body, headers={"x-api-key": secret}, timeout=20)


@pytest.fixture(params=["portal", "portal_without_fast_path"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param).api)


@pytest.mark.parametrize("wire", PATHS)
def test_members_may_and_others_hear_that_there_is_no_such_model(
    url: str, restricted: Any, alice: Any, bob: Any, make_key: Callable[..., str], wire: str
) -> None:
    from usage.models import UsageRecord

    assert ask(url, make_key(alice), restricted.name, wire).status_code == 200
    refused = ask(url, make_key(bob), restricted.name, wire)
    unknown = ask(url, make_key(bob), "no such model", wire)
    assert refused.status_code == unknown.status_code == 404
    assert refused.text.replace(restricted.name, "no such model").partition('"request_id"')[0] in unknown.text
    assert not UsageRecord.objects.filter(user=bob).exists()


def test_lists_hold_what_may_be_used(
    portal: PortalProcess, restricted: Any, alice: Any, bob: Any, make_key: Callable[..., str]
) -> None:
    for user, is_there in ((alice, True), (bob, False)):
        headers = {"x-api-key": make_key(user)}
        for path in ("/models", "/chat/models"):
            names = [model["id"] for model in httpx.get(portal.api + path, headers=headers).json()["data"]]
            assert (restricted.name in names) == is_there
            assert len(names) == len(set(names))
        one = httpx.get(f"{portal.api}/models/{restricted.name}", headers=headers)
        assert one.status_code == (200 if is_there else 404)


def test_the_chat_page_offers_and_takes_the_same(
    sign_in: Callable[..., httpx.Client], restricted: Any, alice: Any, bob: Any
) -> None:
    from chat.conversations.turns import Question, ask
    from portal.web.errors import BadParameter

    assert restricted.name in sign_in(alice).get("/chat").text
    assert restricted.name not in sign_in(bob).get("/chat").text
    ask(user=alice, question=Question("Hi", restricted.name))
    with pytest.raises(BadParameter):
        ask(user=bob, question=Question("Hi", restricted.name))


def test_leaving_the_group_counts_within_two_seconds(
    portal: PortalProcess, restricted: Any, alice: Any, make_key: Callable[..., str], eventually: Any
) -> None:
    secret = make_key(alice)
    assert ask(portal.api, secret, restricted.name).status_code == 200
    alice.groups.clear()
    eventually(lambda: ask(portal.api, secret, restricted.name).status_code == 404, 2)


def test_operators_choose_groups_in_the_admin(
    sign_in: Callable[..., httpx.Client], operator: Any, restricted: Any
) -> None:
    page = sign_in(operator).get(f"/admin/chat/publicmodel/{restricted.pk}/change/")
    assert 'name="groups"' in page.text


def test_the_default_model_of_the_profile_begins_new_chats(
    sign_in: Callable[..., httpx.Client], restricted: Any, alice: Any
) -> None:
    from accounts.profile.services import update_profile

    browser = sign_in(alice)
    update_profile(user=alice, changes={"default_model": restricted.name})
    chosen = f'<input type="radio" name="model" value="{restricted.name}" checked>'
    assert chosen in browser.get("/chat").text
    alice.groups.clear()
    page = browser.get("/chat").text
    assert restricted.name not in page
    assert len(re.findall('name="model" value="[^"]+" checked', page)) == 1
