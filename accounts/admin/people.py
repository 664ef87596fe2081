"""People, as operators see and steer them."""

from typing import Any

from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts import deletion, services
from accounts.admin.groups import LIMIT_FIELDS
from accounts.browsers.devices import describe
from accounts.browsers.places import place_of
from accounts.browsers.services import sign_out_everywhere
from accounts.models import User, UserLimits
from accounts.security_log import Event, record


class UserCreation(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("email", "name")
        field_classes = {"email": forms.EmailField}


class UserLimitsInline(admin.StackedInline):
    model = UserLimits
    fields = LIMIT_FIELDS


class BrowserInline(admin.TabularInline):
    """Never the session's key: it would let an operator be somebody else."""

    model = UserSession
    verbose_name_plural = "signed-in browsers"
    fields = ("device", "ip", "place", "created_at", "last_seen_at")
    readonly_fields = fields
    extra = 0
    can_delete = False

    @admin.display(description="device")
    def device(self, row: UserSession) -> str:
        return describe(row.user_agent)

    @admin.display(description="place")
    def place(self, row: UserSession) -> str:
        return place_of(row.ip)

    def has_add_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False


admin.site.unregister(UserSession)


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    add_form = UserCreation
    form = UserChangeForm
    list_display = ("email", "name", "is_active", "is_staff", "date_joined", "last_login")
    list_filter = ("is_active", "is_staff", "groups")
    search_fields = ("email", "name")
    ordering = ("-date_joined",)
    readonly_fields = ("date_joined", "last_login", "deletion_due_at")
    inlines = (UserLimitsInline, BrowserInline)
    actions = ("disable", "enable", "require_password_reset", "sign_out", "delete_accounts")
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        ("Access", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("History", {"fields": ("date_joined", "last_login", "deletion_due_at")}),
    )
    add_fieldsets = (
        (
            None,
            {"classes": ("wide",), "fields": ("email", "name", "usable_password", "password1", "password2")},
        ),
    )

    def get_inlines(self, request: HttpRequest, obj: User | None) -> Any:
        return self.inlines if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """An account is more than its row: the action below deletes it."""
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and "is_active" in form.changed_data:
            switch = services.enable_user if obj.is_active else services.disable_user
            switch(user=obj, by=request.user, request=request)

    @admin.action(permissions=["change"], description="Disable: keys, sessions and running answers stop")
    def disable(self, request: HttpRequest, people: QuerySet[User]) -> None:
        for user in self._others(request, people):
            services.disable_user(user=user, by=request.user, request=request)

    @admin.action(permissions=["change"], description="Enable")
    def enable(self, request: HttpRequest, people: QuerySet[User]) -> None:
        for user in people.exclude(email=deletion.NOBODY):
            services.enable_user(user=user, by=request.user, request=request)

    @admin.action(permissions=["change"], description="Require a new password: a mail says how to choose it")
    def require_password_reset(self, request: HttpRequest, people: QuerySet[User]) -> None:
        for user in self._others(request, people):
            services.require_password_reset(user=user, by=request.user, request=request)

    @admin.action(permissions=["change"], description="Sign out of every browser")
    def sign_out(self, request: HttpRequest, people: QuerySet[User]) -> None:
        for user in people:
            count = sign_out_everywhere(user=user)
            details = {"browsers": count}
            event = Event.SESSIONS_ENDED
            record(user=user, event=event, actor=request.user, request=request, details=details)

    @admin.action(permissions=["delete_accounts"], description="Delete the accounts now, without grace")
    def delete_accounts(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """A disabled account only: two steps stand in for an "are you sure"."""
        for user in self._others(request, people):
            if user.is_active:
                messages.error(request, f"{user} was left alone: disable the account first.")
                continue
            try:
                deletion.delete_account(user=user, by=request.user, request=request)
            except deletion.StillBusy:
                messages.error(
                    request, f"{user} was left alone: a request of theirs is ending. Try again in a minute."
                )
            else:
                messages.success(request, f"{user} is deleted.")

    def has_delete_accounts_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("accounts.delete_user"))

    def _others(self, request: HttpRequest, people: QuerySet[User]) -> QuerySet[User]:
        """Nobody locks themselves out by mistake, nor those above them."""
        people = people.exclude(pk=request.user.pk).exclude(email=deletion.NOBODY)
        return people if request.user.is_superuser else people.exclude(is_superuser=True)
