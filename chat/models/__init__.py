from chat.models.attachment import Attachment, DoomedObject, KeptFile, StoredFile
from chat.models.catalogue import Deployment, ModelAlias, PublicModel, Upstream
from chat.models.conversation import Message, Session
from chat.models.idempotency import StoredAnswer
from chat.models.prices import ModelPrice
from chat.models.sharing import ImportedSession, SharedSnapshot

__all__ = [
    "Attachment",
    "Deployment",
    "DoomedObject",
    "ImportedSession",
    "KeptFile",
    "Message",
    "ModelAlias",
    "ModelPrice",
    "PublicModel",
    "Session",
    "SharedSnapshot",
    "StoredAnswer",
    "StoredFile",
    "Upstream",
]
