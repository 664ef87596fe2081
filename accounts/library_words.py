"""What allauth and Django say on our pages and in mail, where their translations address people otherwise
than ours do, or use other words. Named here to stand in our catalogues, which are asked first."""

from django.utils.translation import gettext_noop

WORDS = (
    gettext_noop("Current Password"),
    gettext_noop("New Password"),
    gettext_noop("New Password (again)"),
    gettext_noop("Password (again)"),
    gettext_noop("The email address and/or password you specified are not correct."),
    gettext_noop("The password is too similar to the %(verbose_name)s."),
    gettext_noop("The password reset token was invalid."),
    gettext_noop("This password is entirely numeric."),
    gettext_noop("This password is too common."),
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
