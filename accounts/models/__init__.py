from accounts.models.people import User
from accounts.models.security import Event, SecurityEvent

__all__ = ["Event", "SecurityEvent", "User"]
