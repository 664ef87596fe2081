from chat.models.catalogue import Deployment, ModelAlias, PublicModel, Upstream
from chat.models.conversation import Message, Session
from chat.models.idempotency import StoredAnswer
from chat.models.sharing import ImportedSession, SharedSnapshot

__all__ = [
    "Deployment",
    "ImportedSession",
    "Message",
    "ModelAlias",
    "PublicModel",
    "Session",
    "SharedSnapshot",
    "StoredAnswer",
    "Upstream",
]
