from chat.models.attachment import Attachment, DoomedObject, StoredFile
from chat.models.catalogue import Deployment, ModelAlias, PublicModel, Upstream
from chat.models.conversation import Message, Session
from chat.models.idempotency import StoredAnswer

__all__ = [
    "Attachment",
    "Deployment",
    "DoomedObject",
    "Message",
    "ModelAlias",
    "PublicModel",
    "Session",
    "StoredAnswer",
    "StoredFile",
    "Upstream",
]
