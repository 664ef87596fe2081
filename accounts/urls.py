from allauth.account import views as allauth
from allauth.socialaccount import views as socialaccount
from django.urls import path, re_path

from accounts.api import entry
from accounts.api import two_factor as two_factor_api
from accounts.api.me import Me
from accounts.pages import browsers, leaving, profile, sign_in_methods, social, two_factor
from accounts.pages.confirmed import confirmed
from accounts.pages.first_operator import first_operator
from accounts.pages.invitation import invitation
from accounts.pages.too_many import too_many
from accounts.pages.views import VerificationSentPage

# The trailing slash is optional everywhere (conformance H01).
api = [
    re_path(r"^auth/register/?$", entry.Register.as_view(), name="api-register"),
    re_path(r"^auth/verify-email/?$", entry.VerifyEmail.as_view(), name="api-verify-email"),
    re_path(r"^auth/resend-verification/?$", entry.ResendVerification.as_view(), name="api-resend"),
    re_path(r"^auth/forgot-password/?$", entry.ForgotPassword.as_view(), name="api-forgot-password"),
    re_path(r"^auth/reset-password/?$", entry.ResetPassword.as_view(), name="api-reset-password"),
    re_path(r"^auth/me/?$", Me.as_view(), name="api-me"),
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

handler429 = too_many

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
    path("profile/security", sign_in_methods.security, name="security"),
    path("profile/security/password", allauth.password_change, name="account_change_password"),
    path("profile/security/password/new", confirmed(allauth.password_set), name="account_set_password"),
    path("profile/security/email", confirmed(allauth.email), name="account_email"),
    path("profile/security/backup-codes", sign_in_methods.codes, name="backup-codes"),
    path(
        "profile/security/authenticator/remove",
        sign_in_methods.remove_authenticator,
        name="authenticator-remove",
    ),
    path(
        "profile/security/passkeys/<int:number>/remove", sign_in_methods.remove_passkey, name="passkey-remove"
    ),
    path(
        "profile/security/passkeys/<int:number>/rename", sign_in_methods.rename_passkey, name="passkey-rename"
    ),
    path(
        "profile/security/browsers/<str:public_id>/forget",
        sign_in_methods.forget_browser,
        name="browser-forget",
    ),
    path("invitation/<str:token>", invitation, name="invitation"),
    path("profile", profile.profile, name="profile"),
    path("profile/picture", profile.picture, name="picture"),
    path("profile/picture/change", profile.change_picture, name="picture-change"),
    path("profile/picture/remove", profile.remove_picture, name="picture-remove"),
    path("profile/theme", profile.change_theme, name="theme"),
    path("profile/browsers", browsers.browsers, name="browsers"),
    path("profile/browsers/<int:browser_id>/end", browsers.end_browser, name="browser-end"),
    path("profile/browsers/end-others", browsers.end_other_browsers, name="browsers-end-others"),
    path("profile/log", browsers.log, name="security-log"),
    path("profile/data", leaving.data, name="data"),
    path("profile/data/<str:public_id>", leaving.download, name="export-download"),
    path("profile/delete", leaving.delete, name="account-delete"),
    path("profile/keep", leaving.undo, name="deletion-undo"),
    path("goodbye", leaving.goodbye, name="goodbye"),
    path("login/google", social.google_login, name="google_login"),
    path("login/google/callback", social.google_callback, name="google_callback"),
    path("login/github", social.github_login, name="github_login"),
    path("login/github/callback", social.github_callback, name="github_callback"),
    path("login/cancelled", socialaccount.login_cancelled, name="socialaccount_login_cancelled"),
    path("login/error", socialaccount.login_error, name="socialaccount_login_error"),
    path("login/<slug:provider_id>", social.oidc_login, name="openid_connect_login"),
    path("login/<slug:provider_id>/callback", social.oidc_callback, name="openid_connect_callback"),
    path("register/confirm", socialaccount.signup, name="socialaccount_signup"),
    path("profile/connections", confirmed(socialaccount.connections), name="socialaccount_connections"),
]
