"""The catalogue as JSON, without anything secret.

Read back, a field that is left out stays as it is; aliases and deployments that are given are all there
are. What the file does not name is not touched. Prices: `chat.catalogue.exchange_prices`.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import msgspec
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from msgspec import UNSET, UnsetType

from chat.catalogue.exchange_prices import FLAT, PriceEntry, export_prices, import_flat, import_prices
from chat.models import Deployment, ModelAlias, PublicModel, Upstream


class _Entry(msgspec.Struct, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """Its fields are called as the row's."""

    def fields(self) -> dict[str, Any]:
        return {name: value for name, value in msgspec.structs.asdict(self).items() if value is not UNSET}


class UpstreamEntry(_Entry):
    name: str
    kind: str | UnsetType = UNSET
    base_url: str | UnsetType = UNSET
    first_byte_timeout: int | UnsetType = UNSET
    idle_timeout: int | UnsetType = UNSET
    total_timeout: int | UnsetType = UNSET
    max_concurrency: int | UnsetType = UNSET
    max_queue: int | UnsetType = UNSET
    queue_timeout: int | UnsetType = UNSET
    is_enabled: bool | UnsetType = UNSET


class DeploymentEntry(_Entry):
    upstream: str
    upstream_model: str | UnsetType = UNSET
    priority: int | UnsetType = UNSET
    weight: int | UnsetType = UNSET
    is_enabled: bool | UnsetType = UNSET


class ModelEntry(_Entry):
    name: str
    description: str | UnsetType = UNSET
    owned_by: str | UnsetType = UNSET
    capabilities: list[str] | UnsetType = UNSET
    context_window: int | UnsetType | None = UNSET
    max_output_tokens: int | UnsetType | None = UNSET
    is_enabled: bool | UnsetType = UNSET
    position: int | UnsetType = UNSET
    aliases: list[str] | UnsetType = UNSET
    deployments: list[DeploymentEntry] | UnsetType = UNSET
    prices: list[PriceEntry] | UnsetType = UNSET
    # Instead of the list: prices from now on, where they are others than those that hold.
    input_price: Decimal | UnsetType = UNSET
    output_price: Decimal | UnsetType = UNSET
    cached_price: Decimal | UnsetType | None = UNSET
    cache_write_price: Decimal | UnsetType | None = UNSET
    image_price: Decimal | UnsetType = UNSET
    request_price: Decimal | UnsetType = UNSET


class Catalogue(msgspec.Struct, forbid_unknown_fields=True):
    upstreams: list[UpstreamEntry] = []
    models: list[ModelEntry] = []


class BadCatalogue(Exception):
    """One line that names the place."""


def export_catalogue() -> bytes:
    upstreams = [_entry(UpstreamEntry, row) for row in Upstream.objects.all()]
    rows = PublicModel.objects.prefetch_related("aliases", "dated_prices", "deployments__upstream")
    content = msgspec.json.encode(Catalogue(upstreams, [_model_entry(row) for row in rows]))
    return msgspec.json.format(content, indent=2)


def _model_entry(row: PublicModel) -> ModelEntry:
    deployments = [
        _entry(DeploymentEntry, deployment, upstream=deployment.upstream.name)
        for deployment in row.deployments.all()
    ]
    aliases = [alias.name for alias in row.aliases.all()]
    parts = {"aliases": aliases, "deployments": deployments, "prices": export_prices(row)}
    return _entry(ModelEntry, row, **parts, **dict.fromkeys(FLAT, UNSET))


def _entry(kind: type[Any], row: models.Model, **given: Any) -> Any:
    names = [name for name in kind.__struct_fields__ if name not in given]
    return kind(**{name: getattr(row, name) for name in names}, **given)


def import_catalogue(content: bytes) -> Counter[str]:
    """All of it or nothing. Counts the upstreams and models that are new, changed and unchanged, and the
    credentials that were dropped because their upstream has another address now."""
    try:
        catalogue = msgspec.json.decode(content, type=Catalogue)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadCatalogue(str(error)) from None
    counts: Counter[str] = Counter()
    with transaction.atomic():
        for number, upstream in enumerate(catalogue.upstreams):
            with _at(f"upstreams[{number}]"):
                counts.update(_import_upstream(upstream))
        poorer = _make_way(catalogue.models)
        for number, model in enumerate(catalogue.models):
            with _at(f"models[{number}]"):
                result = _import_model(model)
                counts["changed" if result == "unchanged" and model.name in poorer else result] += 1
    return counts


@contextmanager
def _at(place: str) -> Iterator[None]:
    try:
        yield
    except ValidationError as error:
        field, texts = next(iter(getattr(error, "message_dict", {"": error.messages}).items()))
        named = "" if field in ("", "__all__") else f".{_camel(field)}"
        raise BadCatalogue(f"{place}{named}: {' '.join(texts)}") from None


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def _import_upstream(entry: UpstreamEntry) -> list[str]:
    row = Upstream.objects.filter(name=entry.name).first() or Upstream(name=entry.name)
    before = urlsplit(row.base_url)[:2]
    result = [_save(row, entry.fields())]
    if urlsplit(row.base_url)[:2] != before and (row.credential or row.extra_headers):
        row.credential, row.extra_headers = "", {}
        row.save(update_fields=["credential", "extra_headers"])
        result.append("dropped")
    return result


def _make_way(entries: list[ModelEntry]) -> set[str]:
    """Names that the file moves from one model to another are free before anybody takes them.

    Returns the models that lost an alias.
    """
    names = [entry.name for entry in entries]
    going = Q(name__in=names, gives_way=True)
    for entry in entries:
        if entry.aliases is not UNSET:
            its, listed = Q(model__name=entry.name), Q(name__in=entry.aliases)
            going |= (its & ~listed) | (listed & ~its)
    aliases = ModelAlias.objects.filter(going)
    poorer = set(aliases.values_list("model__name", flat=True))
    aliases.delete()
    return poorer


def _import_model(entry: ModelEntry) -> str:
    fields = entry.fields()
    aliases, deployments = fields.pop("aliases", None), entry.deployments
    fields.pop("deployments", None)
    flat = {name: fields.pop(name) for name in FLAT if name in fields}
    fields.pop("prices", None)
    row = PublicModel.objects.filter(name=entry.name).first() or PublicModel(name=entry.name)
    result = _save(row, fields)
    parts = {_import_prices(row, entry, flat)}
    for name in aliases or ():
        parts.add(_save(row.aliases.filter(name=name).first() or ModelAlias(model=row, name=name), {}))
    if deployments is not UNSET:
        parts |= {_import_deployment(row, deployment) for deployment in deployments}
        gone = row.deployments.exclude(upstream__name__in=[entry.upstream for entry in deployments])
        parts |= {"changed"} if gone.delete()[0] else set()
    return result if result == "new" or parts <= {"unchanged"} else "changed"


def _import_prices(model: PublicModel, entry: ModelEntry, flat: dict[str, Decimal | None]) -> str:
    if flat and entry.prices is not UNSET:
        raise ValidationError({"prices": "Give the list, or the prices from now on, not both."})
    is_changed = import_flat(model, flat) if flat else False
    if entry.prices is not UNSET:
        is_changed = import_prices(model, entry.prices)
    return "changed" if is_changed else "unchanged"


def _import_deployment(model: PublicModel, entry: DeploymentEntry) -> str:
    upstream = Upstream.objects.filter(name=entry.upstream).first()
    if upstream is None:
        raise ValidationError(f"There is no upstream “{entry.upstream}”.")
    had = model.deployments.filter(upstream=upstream).first()
    row = had or Deployment(model=model, upstream=upstream)
    return _save(row, {**entry.fields(), "upstream": upstream})


def _save(row: models.Model, fields: dict[str, Any]) -> str:
    is_new = row.pk is None
    before = {name: getattr(row, name) for name in fields} if not is_new else {}
    for name, value in fields.items():
        setattr(row, name, value)
    row.full_clean()
    if not is_new and all(getattr(row, name) == value for name, value in before.items()):
        return "unchanged"
    row.save()
    return "new" if is_new else "changed"
