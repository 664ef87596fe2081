from accounts.models.entry import Invitation, SignupMode, SignupPolicy
from accounts.models.limits import GroupLimits, Limited, UserLimits
from accounts.models.people import User
from accounts.models.profile import MAX_INSTRUCTIONS, DataExport, ExportState, Preferences, Theme
from accounts.models.security import Event, SecurityEvent
from accounts.models.trust import TrustedBrowser

__all__ = [
    "MAX_INSTRUCTIONS",
    "DataExport",
    "Event",
    "ExportState",
    "GroupLimits",
    "Invitation",
    "Limited",
    "Preferences",
    "SecurityEvent",
    "SignupMode",
    "SignupPolicy",
    "Theme",
    "TrustedBrowser",
    "User",
    "UserLimits",
]
