from chat.models.catalogue import Deployment, PublicModel, Upstream
from chat.models.conversation import Message, Session
from chat.models.idempotency import StoredAnswer

__all__ = ["Deployment", "Message", "PublicModel", "Session", "StoredAnswer", "Upstream"]
