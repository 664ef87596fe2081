from allauth.account import views as allauth
from django.urls import path, re_path

from accounts.api import two_factor as two_factor_api
from accounts.pages import security, two_factor
from accounts.pages.first_operator import first_operator
from accounts.pages.views import VerificationSentPage

# The trailing slash is optional everywhere (conformance H01).
api = [
    re_path(r"^auth/2fa/setup/?$", two_factor_api.Setup.as_view(), name="api-2fa-setup"),
    re_path(r"^auth/2fa/verify/?$", two_factor_api.Verify.as_view(), name="api-2fa-verify"),
    re_path(r"^auth/2fa/disable/?$", two_factor_api.Disable.as_view(), name="api-2fa-disable"),
    re_path(
        r"^auth/2fa/passkeys/register/?$",
        two_factor_api.RegisterPasskey.as_view(),
        name="api-passkey-new",
    ),
    re_path(r"^auth/2fa/passkeys/use/?$", two_factor_api.UsePasskey.as_view(), name="api-passkey-use"),
]

# The names are allauth's: its flows look them up.
urlpatterns = [
    path("register", allauth.signup, name="account_signup"),
    path("login", allauth.login, name="account_login"),
    path("logout", allauth.logout, name="account_logout"),
    path("verify-email", VerificationSentPage.as_view(), name="account_email_verification_sent"),
    re_path(r"^verify-email/(?P<key>[-:\w]+)$", allauth.confirm_email, name="account_confirm_email"),
    path("password/forgot", allauth.password_reset, name="account_reset_password"),
    path("password/forgot/sent", allauth.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)$",
        allauth.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/done",
        allauth.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("first-operator/<str:token>", first_operator, name="first-operator"),
    path("inactive", allauth.account_inactive, name="account_inactive"),
    path("confirm-access", allauth.reauthenticate, name="account_reauthenticate"),
    path("two-factor", two_factor.second_step, name="two-factor"),
    path("two-factor/set-up", two_factor.set_up, name="two-factor-set-up"),
    path("profile/security", security.security, name="security"),
    path("profile/security/password", allauth.password_change, name="account_change_password"),
    path("profile/security/password/new", allauth.password_set, name="account_set_password"),
    path("profile/security/email", allauth.email, name="account_email"),
    path("profile/security/backup-codes", security.codes, name="backup-codes"),
    path("profile/security/authenticator/remove", security.remove_authenticator, name="authenticator-remove"),
    path("profile/security/passkeys/<int:number>/remove", security.remove_passkey, name="passkey-remove"),
    path("profile/security/passkeys/<int:number>/rename", security.rename_passkey, name="passkey-rename"),
    path("profile/security/browsers/<str:public_id>/forget", security.forget_browser, name="browser-forget"),
]
