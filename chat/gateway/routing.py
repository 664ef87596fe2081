"""Public model name → the deployment that serves it."""

from collections.abc import Sequence

import msgspec

from chat.gateway.errors import UpstreamError
from chat.gateway.upstreams.base import Upstream


class Deployment(msgspec.Struct, frozen=True):
    """A model on an upstream. `model` is the upstream's name for it; lower `priority` goes first."""

    id: str
    upstream: Upstream
    model: str
    priority: int = 0


def choose(deployments: Sequence[Deployment]) -> Deployment:
    if not deployments:
        raise UpstreamError("No model server is connected for this model.")
    return min(deployments, key=lambda deployment: deployment.priority)
