"""Public model name → what a call needs to know of it."""

from channels.db import database_sync_to_async

from chat.catalogue.connections import connect
from chat.catalogue.health import health
from chat.gateway import routing
from chat.gateway.errors import ModelNotFound
from chat.models import Deployment, PublicModel


async def find_model(name: str) -> tuple[PublicModel, routing.Route]:
    """Raises `ModelNotFound` when nobody may ask for it."""
    model, rows = await database_sync_to_async(_rows, thread_sensitive=False)(name)
    deployments = [
        routing.Deployment(
            id=str(row),
            upstream=connect(row.upstream),
            model=row.upstream_model or name,
            priority=row.priority,
            weight=row.weight,
        )
        for row in rows
    ]
    return model, routing.Route(deployments, health)


def _rows(name: str) -> tuple[PublicModel, list[Deployment]]:
    model = PublicModel.objects.filter(name=name, is_enabled=True).first() if "\x00" not in name else None
    if model is None:
        message = f"The model `{name[:200]}` does not exist or you may not use it."
        raise ModelNotFound(message, param="model")
    rows = model.deployments.select_related("upstream").filter(is_enabled=True, upstream__is_enabled=True)
    return model, list(rows)
