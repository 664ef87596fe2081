from chat.models.catalogue import Deployment, ModelAlias, PublicModel, Upstream
from chat.models.conversation import Message, Session

__all__ = ["Deployment", "Message", "ModelAlias", "PublicModel", "Session", "Upstream"]
