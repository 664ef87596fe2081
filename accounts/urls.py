from allauth.account import views as allauth
from django.urls import path, re_path

from accounts.pages import browsers, leaving, profile
from accounts.pages.first_operator import first_operator
from accounts.pages.invitation import invitation
from accounts.pages.views import VerificationSentPage

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
]
