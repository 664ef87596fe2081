"""Accounts at other services by which a person signs in."""

from allauth.socialaccount.models import SocialAccount

from accounts.models import User


def forget_unproven_links(user: User) -> None:
    """For the owner of an address who takes over, by mail, an account somebody else began with it (Z05).

    Until an address is verified, whoever came by a provider may have claimed somebody else's; they must
    not still be able to sign in once its owner has set a password.
    """
    if not user.emailaddress_set.filter(verified=True).exists():
        SocialAccount.objects.filter(user=user).delete()
