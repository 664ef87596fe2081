"""A browser's own word for itself, made readable."""

from django.utils.translation import gettext as _
from ua_parser import parse


def describe(user_agent: str) -> str:
    """Such as “Firefox on Linux”; programs by the first word they say."""
    found = parse(user_agent)
    browser = found.user_agent.family if found.user_agent else ""
    system = found.os.family if found.os else ""
    device = found.device.family if found.device else ""
    where = device if device not in ("", "Other", "Mac", "Spider") and device != browser else system
    if browser and where:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": where}
    return browser or where or user_agent.partition("/")[0][:40] or _("Unknown browser")
