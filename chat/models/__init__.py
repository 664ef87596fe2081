from chat.models.catalogue import Deployment, ModelAlias, PublicModel, Upstream
from chat.models.conversation import Message, Session
from chat.models.idempotency import StoredAnswer

__all__ = ["Deployment", "Message", "ModelAlias", "PublicModel", "Session", "StoredAnswer", "Upstream"]
