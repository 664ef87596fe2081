"""`manage.py export_models` and `import_models`: the catalogue as a file."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests import profile
from tests.portal_process import manage

Json = dict[str, Any]


def model(name: str, **fields: Any) -> Json:
    return {"name": name, **fields}


FULL: Json = {
    "upstreams": [
        {"name": "lab", "kind": "openai", "baseUrl": "http://10.0.0.7/v1", "maxConcurrency": 4},
        {"name": "far", "kind": "anthropic", "baseUrl": "https://far.example.org/v1", "isEnabled": False},
    ],
    "models": [
        model(
            "lab/large",
            description="The large one",
            capabilities=["tools", "chat"],
            contextWindow=128_000,
            maxOutputTokens=8_000,
            inputPrice="2.5",
            outputPrice="10",
            cachedPrice="0.25",
            aliases=["gpt-4-turbo", "large"],
            deployments=[
                {"upstream": "lab", "upstreamModel": "large-v2"},
                {"upstream": "far", "upstreamModel": "x", "priority": 1},
            ],
        )
    ],
}


@pytest.fixture
def bring(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[..., str]]:
    """Imports a catalogue and says what the command printed."""
    from chat.models import PublicModel, Upstream

    def run(catalogue: Json | str) -> str:
        file = tmp_path / "catalogue.json"
        file.write_text(catalogue if isinstance(catalogue, str) else json.dumps(catalogue))
        capsys.readouterr()
        call_command("import_models", str(file))
        return capsys.readouterr().out

    yield run
    PublicModel.objects.filter(name__in=["lab/large", "lab/small"]).delete()
    Upstream.objects.filter(name__in=["lab", "far"]).delete()


def test_it_works(bring: Callable[..., str]) -> None:
    from chat.models import PublicModel

    assert bring(FULL) == "3 new, 0 changed, 0 unchanged\n"
    row = PublicModel.objects.get(name="lab/large")
    assert row.capabilities == ["chat", "tools"]
    price = row.dated_prices.get()
    assert (row.context_window, str(price.cached), price.cache_write) == (128_000, "0.250000", None)
    assert [alias.name for alias in row.aliases.all()] == ["gpt-4-turbo", "large"]
    assert [str(deployment) for deployment in row.deployments.all()] == ["lab/large-v2", "far/x"]


def test_again_it_changes_nothing(bring: Callable[..., str]) -> None:
    bring(FULL)
    assert bring(FULL) == "0 new, 0 changed, 3 unchanged\n"


def test_what_is_left_out_stays_and_lists_are_whole(bring: Callable[..., str]) -> None:
    from chat.models import PublicModel

    bring(FULL)
    assert bring({"models": [model("lab/large", aliases=["large"])]}) == "0 new, 1 changed, 0 unchanged\n"
    row = PublicModel.objects.get(name="lab/large")
    assert row.context_window == 128_000
    assert [alias.name for alias in row.aliases.all()] == ["large"]
    assert row.deployments.count() == 2
    change = {"models": [model("lab/large", deployments=[{"upstream": "lab", "weight": 3}])]}
    assert bring(change) == "0 new, 1 changed, 0 unchanged\n"
    (deployment,) = row.deployments.all()
    assert (deployment.upstream_model, deployment.weight) == ("large-v2", 3)


def test_prices_have_dates_and_what_held_stays(bring: Callable[..., str], portal: Any) -> None:
    past, later, coming = "2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z", "2999-01-01T00:00:00Z"
    first, second = {"validFrom": past, "input": "1"}, {"validFrom": coming, "request": "0.5"}
    assert bring({"models": [model("lab/small", prices=[first, second])]}).startswith("1 new")
    (entry,) = [m for m in json.loads(portal.manage("export_models"))["models"] if m["name"] == "lab/small"]
    assert [(p["validFrom"], p["input"], p["request"]) for p in entry["prices"]] == [
        (past, "1.000000", "0.000000"), (coming, "0.000000", "0.500000"),
    ]  # fmt: skip
    again = model("lab/small", prices=entry["prices"])
    assert bring({"models": [again]}) == "0 new, 0 changed, 1 unchanged\n"
    assert bring({"models": [model("lab/small", prices=[first])]}) == "0 new, 1 changed, 0 unchanged\n"
    for refused in ({**first, "input": "2"}, {**first, "validFrom": later}):
        with pytest.raises(CommandError, match=r"models\[0\].prices\[1\].validFrom"):
            bring({"models": [model("lab/small", prices=[second, refused])]})


def test_prices_without_a_date_hold_from_now_on(bring: Callable[..., str]) -> None:
    from chat.models import PublicModel

    bring(FULL)
    change = {"models": [model("lab/large", inputPrice="3", imagePrice="0.04")]}
    assert bring(change) == "0 new, 1 changed, 0 unchanged\n"
    assert bring(change) == "0 new, 0 changed, 1 unchanged\n"
    row = PublicModel.objects.get(name="lab/large")
    now = row.prices_now
    assert [now.input, now.output, str(now.image)] == [3, 10, "0.040000"]
    assert row.dated_prices.count() == 2


def test_an_alias_moves(bring: Callable[..., str]) -> None:
    bring(FULL)
    moved = {"models": [model("lab/small", aliases=["large"]), model("lab/large", aliases=["gpt-4-turbo"])]}
    assert bring(moved) == "1 new, 1 changed, 0 unchanged\n"
    assert bring(moved) == "0 new, 0 changed, 2 unchanged\n"


def test_a_credential_stays_with_its_server_k02(bring: Callable[..., str]) -> None:
    from chat.models import Upstream

    bring(FULL)
    row = Upstream.objects.get(name="lab")
    row.credential, row.extra_headers = "sk-secret", {"x": "secret"}
    row.save()
    bring(FULL)
    row.refresh_from_db()
    assert row.credential == "sk-secret"
    said = bring({"upstreams": [{"name": "lab", "baseUrl": "http://10.6.6.6/v1"}]})
    assert "enter the credentials of 1 upstreams again" in said
    row.refresh_from_db()
    assert (row.credential, row.extra_headers) == ("", {})


def test_another_portal_reads_what_one_wrote(bring: Callable[..., str], portal: Any, tmp_path: Path) -> None:
    bring(FULL)
    exported = portal.manage("export_models")
    other = profile.environment("other")
    profile.create_migrated(other)
    manage(other, "prepare")
    (tmp_path / "exported.json").write_text(exported)
    manage(other, "import_models", str(tmp_path / "exported.json"))
    assert manage(other, "export_models") == exported
    again = manage(other, "import_models", str(tmp_path / "exported.json"))
    assert again.startswith("0 new, 0 changed, ")
    profile.drop_database(other)


BAD = {
    "no JSON": ("{", "truncated"),
    "unknown field": ({"models": [model("x", colour="red")]}, "colour"),
    "wrong type": ({"models": [model("x", contextWindow="big")]}, "$.models[0].contextWindow"),
    "negative price": ({"models": [model("x", inputPrice="-1")]}, "models[0].inputPrice"),
    "negative dated price": (
        {"models": [model("x", prices=[{"validFrom": "2020-01-01T00:00:00Z", "cacheWrite": "-1"}])]},
        "models[0].prices[0].cacheWrite",
    ),
    "a date without a zone": (
        {"models": [model("x", prices=[{"validFrom": "2020-01-01T00:00:00"}])]},
        "$.mod",
    ),
    "prices twice": ({"models": [model("x", prices=[], inputPrice="1")]}, "models[0].prices"),
    "unknown capability": ({"models": [model("x", capabilities=["flying"])]}, "models[0].capabilities"),
    "unknown upstream": ({"models": [model("x", deployments=[{"upstream": "nobody"}])]}, "models[0]: There"),
    "unknown kind": ({"upstreams": [{"name": "x", "kind": "z", "baseUrl": "http://h"}]}, "upstreams[0].kind"),
    "bad address": ({"upstreams": [{"name": "x", "kind": "openai", "baseUrl": "h"}]}, "upstreams[0].baseUrl"),
    "alias and model": ({"models": [model("x"), model("y", aliases=["x"])]}, "models[1].name"),
    "model and alias": ({"models": [model("y", aliases=["x"]), model("x")]}, "models[1].name"),
}


@pytest.mark.parametrize(("catalogue", "place"), BAD.values(), ids=BAD)
def test_it_rejects(bring: Callable[..., str], catalogue: Any, place: str) -> None:
    from chat.models import PublicModel

    with pytest.raises(CommandError) as caught:
        bring(catalogue)
    assert place in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not PublicModel.objects.filter(name__in=["x", "y"]).exists(), "all of it or nothing"


def test_it_rejects_a_file_that_is_not_there() -> None:
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_models", "/nowhere/catalogue.json")
