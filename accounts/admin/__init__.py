from accounts.admin import entry, groups, log, people

__all__ = ["entry", "groups", "log", "people"]
