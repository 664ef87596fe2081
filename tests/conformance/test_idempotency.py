"""A call sent again with its `Idempotency-Key` is answered once (conformance H09)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from django.utils import timezone

from tests.conformance import says
from tests.conformance.conftest import HELLO, PATHS, Upstream

Make = Callable[..., Upstream]


@pytest.fixture
def key() -> dict[str, str]:
    return {"Idempotency-Key": uuid4().hex}


def rows_of(user: Any) -> int:
    from usage.models import UsageRecord

    return UsageRecord.objects.filter(user=user).count()


@pytest.mark.parametrize("wire", PATHS)
def test_a_repeat_gets_the_stored_answer_h09(
    openai: Make, alice: Any, key: dict[str, str], wire: str
) -> None:
    server = openai()
    first, second = (server.post(wire, headers=key) for _ in range(2))
    assert (first.status_code, first.content) == (200, second.content)
    assert first.headers["x-request-id"] == second.headers["x-request-id"]
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert (len(server.script.asked), rows_of(alice)) == (1, 1)


def test_another_key_or_person_asks_anew_h09(
    openai: Make, bob: Any, make_key: Callable[..., str], key: dict[str, str]
) -> None:
    server = openai()
    server.post(headers=key)
    server.post(headers={"Idempotency-Key": uuid4().hex})
    server.post(headers={**key, "x-api-key": make_key(bob)})
    assert len(server.script.asked) == 3


def test_another_request_under_the_same_key_is_refused_h09(openai: Make, key: dict[str, str]) -> None:
    server = openai()
    server.post(headers=key)
    response = server.post(headers=key, temperature=0.5)
    assert (response.status_code, response.json()["error"]["param"]) == (400, "Idempotency-Key")
    assert len(server.script.asked) == 1


def test_two_at_once_reach_the_model_once_h09(openai: Make, alice: Any, key: dict[str, str]) -> None:
    server = openai(says.openai(), delay=1)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: server.post(headers=key), range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert (refused.json()["error"]["type"], refused.headers["retry-after"]) == ("conflict", "1")
    assert (len(server.script.asked), rows_of(alice)) == (1, 1)


def test_a_failure_may_be_tried_again_h09(openai: Make, key: dict[str, str]) -> None:
    server = openai(says.openai(), status=400)
    assert server.post(headers=key).status_code == 400
    server.script.status = 200
    assert server.post(headers=key).status_code == 200


def test_streams_are_not_stored_h09(openai: Make, key: dict[str, str]) -> None:
    server = openai(pieces=says.openai_stream(says.openai_chunk(content="A")))
    for _ in range(2):
        assert server.post(headers=key, stream=True).status_code == 200
    assert len(server.script.asked) == 2


@pytest.mark.parametrize("value", ["", "x" * 256])
def test_a_key_of_the_wrong_length_is_refused_h09(openai: Make, value: str) -> None:
    server = openai()
    assert server.post(headers={"Idempotency-Key": value}).status_code == 400
    assert not server.script.asked


def test_a_day_later_it_is_forgotten_h09(openai: Make, key: dict[str, str]) -> None:
    from chat.completions.idempotency import forget_old
    from chat.models import StoredAnswer

    server = openai()
    server.post(headers=key)
    StoredAnswer.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert forget_old() >= 1
    server.post(headers=key)
    assert len(server.script.asked) == 2


def test_a_call_that_died_does_not_hold_its_place_h09(openai: Make, key: dict[str, str]) -> None:
    from chat.models import StoredAnswer

    server = openai()
    server.post(headers=key)
    StoredAnswer.objects.update(body=None, created_at=timezone.now() - timedelta(hours=2))
    assert server.post(headers=key).status_code == 200


def test_who_leaves_lets_others_try_h09(
    openai: Make, key: dict[str, str], eventually: Callable[..., Any]
) -> None:
    server = openai(says.openai(), delay=1)
    body = {"model": server.model, "messages": HELLO}
    with pytest.raises(httpx.ReadTimeout):
        server.client.post(PATHS["openai"], json=body, headers=key, timeout=0.3)
    assert eventually(lambda: server.post(headers=key).status_code == 200)
