"""What a request costs, with input that touched a cache."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.conformance import says
from tests.conformance.scripted import Script, ScriptedServer, scripted_server
from usage.models import UsageRecord
from usage.prices import Prices

HELLO = [{"role": "user", "content": "Hello"}]
PRICES = {"input_price": "3", "output_price": "15", "cached_price": "0.3", "cache_write_price": "3.75"}


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
        model = PublicModel.objects.create(name=name, **{**PRICES, **prices})
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
    PublicModel.objects.filter(name=name).update(input_price=99)
    row = UsageRecord.objects.get(user=alice)
    kept = Prices(row.input_price, row.output_price, row.cached_price, row.cache_write_price)
    assert kept == Prices(*map(Decimal, PRICES.values()))
    assert row.cost == kept.cost(input=1000, output=10, cached=900, cache_written=0)


def test_without_a_price_of_its_own_cached_input_costs_as_other_input(
    api: httpx.Client, alice: Any, make_priced: Callable[..., str]
) -> None:
    name = make_priced("anthropic", ANTHROPIC, cached_price=None, cache_write_price=None)
    api.post("/chat/completions", json={"model": name, "messages": HELLO})
    row = UsageRecord.objects.get(user=alice)
    assert (row.cached_price, row.cache_write_price) == (3, 3)
    assert row.cost == (1000 * Decimal(3) + 10 * Decimal(15)) / 1_000_000


def test_free_cached_input_is_free() -> None:
    prices = Prices.of(Decimal(3), Decimal(15), Decimal(0), None)
    assert prices.cost(input=100, output=0, cached=100, cache_written=0) == 0


def test_a_server_that_counts_oddly_costs_no_less_than_nothing() -> None:
    prices = Prices.of(Decimal(3), Decimal(15), Decimal(1), None)
    assert prices.cost(input=1, output=0, cached=5, cache_written=0) == Decimal(5) / 1_000_000
