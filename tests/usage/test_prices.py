"""What a request costs, with input that touched a cache."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.conformance import says
from tests.conformance.scripted import Script, ScriptedServer, scripted_server
from tests.portal_process import PortalProcess
from tests.prices import set_prices
from usage.models import UsageRecord
from usage.prices import PriceList, Prices

HELLO = [{"role": "user", "content": "Hello"}]
PRICES = {"input": "3", "output": "15", "cached": "0.3", "cache_write": "3.75"}


@pytest.fixture
def server() -> Any:
    with scripted_server() as running:
        yield running


@pytest.fixture
def make_priced(server: ScriptedServer) -> Any:
    from chat.models import Deployment, PublicModel, Upstream

    made = []

    def make(kind: str, usage: dict[str, Any], **prices: Any) -> str:
        name = f"priced-{server.port}-{len(made)}"
        upstream = Upstream.objects.create(name=name, kind=kind, base_url=server.base_url)
        model = set_prices(PublicModel.objects.create(name=name), **{**PRICES, **prices})
        Deployment.objects.create(model=model, upstream=upstream, upstream_model=name)
        answer = says.openai() if kind == "openai" else says.anthropic()
        server.scripts[name] = Script({**answer, "usage": usage})
        made.extend([model, upstream])
        return name

    yield make
    for row in made:
        row.delete()


OPENAI = {"prompt_tokens": 1000, "completion_tokens": 10, "prompt_tokens_details": {"cached_tokens": 900}}
ANTHROPIC = {
    "input_tokens": 50,
    "output_tokens": 10,
    "cache_read_input_tokens": 900,
    "cache_creation_input_tokens": 50,
}


@pytest.mark.parametrize("path", ["/chat/completions", "/v1/messages"])
@pytest.mark.parametrize(("kind", "usage", "written"), [("openai", OPENAI, 0), ("anthropic", ANTHROPIC, 50)])
def test_it_works(
    api: httpx.Client, alice: Any, make_priced: Any, path: str, kind: str, usage: Any, written: int
) -> None:
    api.post(path, json={"model": make_priced(kind, usage), "messages": HELLO, "max_tokens": 20})
    row = UsageRecord.objects.get(user=alice)
    assert (row.input_tokens, row.cached_tokens, row.cache_written_tokens) == (1000, 900, written)
    plain = 100 - written
    expected = plain * Decimal(3) + 900 * Decimal("0.3") + written * Decimal("3.75") + 10 * Decimal(15)
    assert row.cost == expected / 1_000_000


def test_the_row_keeps_the_prices_it_was_made_with(
    api: httpx.Client, alice: Any, make_priced: Callable[..., str]
) -> None:
    from chat.models import PublicModel

    name = make_priced("openai", OPENAI)
    api.post("/chat/completions", json={"model": name, "messages": HELLO})
    set_prices(PublicModel.objects.get(name=name), since=timezone.now(), input=99)
    row = UsageRecord.objects.get(user=alice)
    kept = Prices(row.input_price, row.output_price, row.cached_price, row.cache_write_price)
    assert kept == Prices(*map(Decimal, PRICES.values()))
    assert row.cost == kept.cost(input=1000, output=10, cached=900, cache_written=0)


def test_without_a_price_of_its_own_cached_input_costs_as_other_input(
    api: httpx.Client, alice: Any, make_priced: Callable[..., str]
) -> None:
    name = make_priced("anthropic", ANTHROPIC, cached=None, cache_write=None)
    api.post("/chat/completions", json={"model": name, "messages": HELLO})
    row = UsageRecord.objects.get(user=alice)
    assert (row.cached_price, row.cache_write_price) == (3, 3)
    assert row.cost == (1000 * Decimal(3) + 10 * Decimal(15)) / 1_000_000


IMAGES = {"created": 1, "data": [{"b64_json": "eA=="}, {"b64_json": "eQ=="}]}


@pytest.fixture
def draw(alice: Any, make_key: Any, portal: PortalProcess) -> Iterator[Callable[..., httpx.Response]]:
    """Asks for images with a key that is limited so."""
    with httpx.Client(base_url=portal.api) as client:

        def ask(model: str, n: int, **limits: Any) -> httpx.Response:
            client.headers["x-api-key"] = make_key(alice, permissions=["image"], **limits)
            return client.post("/images/generations", json={"model": model, "prompt": "A cat", "n": n})

        yield ask


def test_a_request_costs_its_own_price_and_one_for_each_image(
    draw: Any, alice: Any, server: ScriptedServer, make_priced: Callable[..., str]
) -> None:
    name = make_priced("openai", OPENAI, image="0.04", request="0.01")
    server.scripts[name] = Script(IMAGES)
    assert len(draw(name, 2).json()["data"]) == 2
    row = UsageRecord.objects.get(user=alice)
    assert (row.images, row.image_price, row.request_price) == (2, Decimal("0.04"), Decimal("0.01"))
    assert row.cost == Decimal("0.09")


def test_images_are_set_aside_too(draw: Any, server: ScriptedServer, make_priced: Any) -> None:
    """Four at 0.04 are more than the key has."""
    name = make_priced("openai", OPENAI, input=0, output=0, cached=0, cache_write=0, image="0.04")
    server.scripts[name] = Script(IMAGES)
    assert draw(name, 4, monthly_cost_limit=Decimal("0.1")).status_code == 429
    assert draw(name, 2, monthly_cost_limit=Decimal("0.1")).status_code == 200


@pytest.mark.parametrize("status", [400, 503])
def test_a_request_that_no_model_answered_costs_nothing(
    api: httpx.Client, alice: Any, server: ScriptedServer, make_priced: Callable[..., str], status: int
) -> None:
    name = make_priced("openai", OPENAI, request="0.01")
    server.scripts[name] = Script({"error": {"message": "no"}}, status=status)
    assert api.post("/chat/completions", json={"model": name, "messages": HELLO}).status_code >= 400
    row = UsageRecord.objects.get(user=alice)
    assert (row.status, row.request_price, row.cost) == ("failed", Decimal("0.01"), 0)


def test_prices_change_at_their_moment(make_priced: Callable[..., str]) -> None:
    """Read once, known for all moments: a price that comes into force needs no look at the database."""
    from chat.catalogue.lookup import _read
    from chat.models import PublicModel

    name, change = make_priced("openai", OPENAI), timezone.now() + timedelta(minutes=5)
    set_prices(PublicModel.objects.get(name=name), since=change, input="4", output="16")
    (model,) = _read([name])
    assert model
    with CaptureQueriesContext(connection) as queries:
        before, then = (model.price_list.at(change - timedelta(microseconds=wait)) for wait in (1, 0))
    assert not queries
    assert (before.input, before.cached) == (3, Decimal("0.3"))
    assert (then.input, then.cached, then.output) == (4, 4, 16)


def test_a_request_pays_what_held_when_it_arrived(
    api: httpx.Client, alice: Any, make_priced: Callable[..., str]
) -> None:
    from chat.models import PublicModel

    name, now = make_priced("openai", OPENAI), timezone.now()
    model = PublicModel.objects.get(name=name)
    set_prices(model, since=now - timedelta(minutes=1), input="4")
    set_prices(model, since=now + timedelta(minutes=5), input="5")
    api.post("/chat/completions", json={"model": name, "messages": HELLO})
    assert UsageRecord.objects.get(user=alice).input_price == 4


def test_before_its_first_price_a_model_is_free() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    prices = PriceList([(moment, Prices(input=Decimal(3)))])
    assert prices.at(moment - timedelta(microseconds=1)) == Prices()
    assert PriceList().at(moment) == Prices()


@pytest.mark.parametrize(("tokens", "cost"), [(1, "0"), (3, "0.000000002"), (5, "0.000000002")])
def test_cost_is_rounded_half_to_even(tokens: int, cost: str) -> None:
    """What the ledger's column holds is what counters count."""
    prices = Prices(input=Decimal("0.0005"))
    assert prices.cost(input=tokens, output=0, cached=0, cache_written=0) == Decimal(cost)


def test_free_cached_input_is_free() -> None:
    prices = Prices.of(Decimal(3), Decimal(15), Decimal(0), None)
    assert prices.cost(input=100, output=0, cached=100, cache_written=0) == 0


def test_a_server_that_counts_oddly_costs_no_less_than_nothing() -> None:
    prices = Prices.of(Decimal(3), Decimal(15), Decimal(1), None)
    assert prices.cost(input=1, output=0, cached=5, cache_written=0) == Decimal(5) / 1_000_000
