from accounts.models.budgets import BudgetNotice, DepartedUse, GroupBudget, addresses_in
from accounts.models.entry import Invitation, SignupMode, SignupPolicy
from accounts.models.limits import Budgeted, GroupLimits, Limited, UserLimits
from accounts.models.memberships import Membership
from accounts.models.people import User
from accounts.models.profile import MAX_INSTRUCTIONS, DataExport, ExportState, Preferences, Theme
from accounts.models.security import Event, SecurityEvent
from accounts.models.trust import TrustedBrowser

__all__ = [
    "MAX_INSTRUCTIONS",
    "BudgetNotice",
    "Budgeted",
    "DataExport",
    "DepartedUse",
    "Event",
    "ExportState",
    "GroupBudget",
    "GroupLimits",
    "Invitation",
    "Limited",
    "Membership",
    "Preferences",
    "SecurityEvent",
    "SignupMode",
    "SignupPolicy",
    "Theme",
    "TrustedBrowser",
    "User",
    "UserLimits",
    "addresses_in",
]
