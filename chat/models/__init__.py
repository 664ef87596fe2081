from chat.models.catalogue import Deployment, PublicModel, Upstream
from chat.models.conversation import Message, Session

__all__ = ["Deployment", "Message", "PublicModel", "Session", "Upstream"]
