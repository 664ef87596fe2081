"""What Django, allauth and the admin tell us of accounts goes into the security log."""

from typing import Any

from allauth.account import signals as allauth
from allauth.socialaccount import signals as social
from django.contrib import admin
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.models import LogEntry
from django.contrib.auth import signals as django
from django.db.models import QuerySet
from django.db.models.signals import post_save
from django.http import HttpRequest, HttpResponse

from accounts import signup_policy
from accounts.browsers.services import note_signed_in
from accounts.models import User
from accounts.security_log import Event, record
from accounts.social.links import forget_unproven_links

_FLAGS = {1: "added", 2: "changed", 3: "deleted"}


def connect() -> None:
    django.user_logged_in.connect(_signed_in)
    django.user_logged_out.connect(_signed_out)
    django.user_login_failed.connect(_sign_in_failed)
    allauth.user_signed_up.connect(_signed_up)
    allauth.password_changed.connect(_password_changed)
    allauth.password_set.connect(_password_changed)
    allauth.password_reset.connect(_password_reset)
    allauth.email_added.connect(_email_added)
    allauth.email_confirmed.connect(_email_verified)
    allauth.email_changed.connect(_email_changed)
    allauth.email_removed.connect(_email_removed)
    social.social_account_added.connect(_social_linked)
    social.social_account_removed.connect(_social_unlinked)
    post_save.connect(_operator_acted, sender=LogEntry)
    # The admin logs a deletion of many at once without telling anybody.
    admin.site.add_action(_delete_selected, "delete_selected")


def _signed_in(request: HttpRequest, user: User, **_: Any) -> None:
    note_signed_in(request)
    record(user=user, event=Event.SIGNED_IN, request=request)


def _signed_out(request: HttpRequest, user: User | None, **_: Any) -> None:
    if user is not None:
        record(user=user, event=Event.SIGNED_OUT, request=request)


def _sign_in_failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """An address nobody has here is not written down: people mistype passwords into that field."""
    email = str(credentials.get("email") or credentials.get("username") or "")
    user = User.objects.filter(email__iexact=email).first() if "\x00" not in email else None
    record(user=user, event=Event.SIGN_IN_FAILED, request=request)


def _signed_up(request: HttpRequest, user: User, **_: Any) -> None:
    signup_policy.admit(user=user, request=request)
    record(user=user, event=Event.SIGNED_UP, request=request)


def _password_changed(request: HttpRequest, user: User, **_: Any) -> None:
    record(user=user, event=Event.PASSWORD_CHANGED, request=request)


def _password_reset(request: HttpRequest, user: User, **_: Any) -> None:
    forget_unproven_links(user)
    record(user=user, event=Event.PASSWORD_RESET, request=request)


def _email_added(request: HttpRequest, user: User, email_address: Any, **_: Any) -> None:
    record(user=user, event=Event.EMAIL_ADDED, request=request, details={"email": email_address.email})


def _email_verified(request: HttpRequest, email_address: Any, **_: Any) -> None:
    record(
        user=email_address.user,
        event=Event.EMAIL_VERIFIED,
        request=request,
        details={"email": email_address.email},
    )


def _email_changed(
    request: HttpRequest, user: User, from_email_address: Any, to_email_address: Any, **_: Any
) -> None:
    before = from_email_address.email if from_email_address else None
    details = {"from": before, "to": to_email_address.email}
    record(user=user, event=Event.EMAIL_CHANGED, request=request, details=details)


def _email_removed(request: HttpRequest, user: User, email_address: Any, **_: Any) -> None:
    record(user=user, event=Event.EMAIL_REMOVED, request=request, details={"email": email_address.email})


def _social_linked(request: HttpRequest, sociallogin: Any, **_: Any) -> None:
    details = {"provider": sociallogin.account.get_provider().name}
    record(user=sociallogin.user, event=Event.SOCIAL_LINKED, request=request, details=details)


def _social_unlinked(request: HttpRequest, socialaccount: Any, **_: Any) -> None:
    details = {"provider": socialaccount.get_provider().name}
    record(user=socialaccount.user, event=Event.SOCIAL_UNLINKED, request=request, details=details)


def _operator_acted(instance: LogEntry, created: bool, **_: Any) -> None:
    """The admin's own log says who, what and when; ours adds from where, and cannot be changed."""
    if not created:
        return
    what = f"{instance.content_type.app_label}.{instance.content_type.model}" if instance.content_type else ""
    about = instance.object_id if what == "accounts.user" else None
    record(
        user=User.objects.filter(pk=about).first() if about else instance.user,
        event=Event.OPERATOR_ACTION,
        actor=instance.user,
        details={
            "what": f"{_FLAGS.get(instance.action_flag, '')} {what}",
            "object": str(instance.object_id),
            "name": instance.object_repr,
            "changes": instance.get_change_message(),
        },
    )


@admin.action(permissions=["delete"], description="Delete selected %(verbose_name_plural)s")
def _delete_selected(
    modeladmin: "admin.ModelAdmin[Any]", request: HttpRequest, queryset: QuerySet[Any]
) -> HttpResponse | None:
    chosen = [(str(row.pk), str(row)) for row in queryset]
    response = delete_selected(modeladmin, request, queryset)
    is_done = response is None
    if is_done and len(chosen) > 1:
        for pk, name in chosen:
            details = {"what": f"deleted {queryset.model._meta.label_lower}", "object": pk, "name": name}
            record(user=request.user, event=Event.OPERATOR_ACTION, request=request, details=details)
    return response
