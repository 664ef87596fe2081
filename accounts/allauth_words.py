"""What allauth says on our pages and in mail, where its own translations do not address people as ours do.

Named here to stand in our catalogues, which are asked first.
"""

from django.utils.translation import gettext_noop

WORDS = (
    gettext_noop("Be patient, you are sending too many requests."),
    gettext_noop("Please type your current password."),
    gettext_noop("You cannot add more than %d email addresses."),
    gettext_noop("You cannot remove your primary email address (%(email)s)."),
    gettext_noop("You cannot remove your primary email address."),
    gettext_noop("You must type the same password each time."),
    gettext_noop("Your account has no password set up."),
    gettext_noop("Your account has no verified email address."),
    gettext_noop("Your password has been changed."),
    gettext_noop("Your primary email address must be verified."),
    gettext_noop(
        "An account already exists with this email address. "
        "Please sign in to that account first, then connect your %s account."
    ),
)
