"""Leaving for a provider's sign-in page, and coming back."""

from collections.abc import Callable

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.github import views as github
from allauth.socialaccount.providers.google import views as google
from allauth.socialaccount.providers.openid_connect import views as openid_connect
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from requests import RequestException

View = Callable[..., HttpResponse]


def google_login(request: HttpRequest) -> HttpResponse:
    return _leave(request, google.oauth2_login, "google")


def github_login(request: HttpRequest) -> HttpResponse:
    return _leave(request, github.oauth2_login, "github")


def oidc_login(request: HttpRequest, provider_id: str) -> HttpResponse:
    return _leave(request, openid_connect.login, provider_id, provider_id=provider_id)


def google_callback(request: HttpRequest) -> HttpResponse:
    return _arrive(request, google.oauth2_callback, "google")


def github_callback(request: HttpRequest) -> HttpResponse:
    return _arrive(request, github.oauth2_callback, "github")


def oidc_callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    return _arrive(request, openid_connect.callback, provider_id, provider_id=provider_id)


@never_cache
def _leave(request: HttpRequest, view: View, provider: str, **arguments: str) -> HttpResponse:
    """A page that goes on by itself, in place of a redirect.

    `form-action 'self'` holds for every redirect a form's answer leads to, and nobody knows how many
    more a company's sign-in makes: this way the policy stays strict wherever the provider is.
    """
    name = _name_of(request, provider)
    try:
        response = view(request, **arguments)
    except RequestException:
        return render(request, "socialaccount/authentication_error.html", status=502)
    target = response.headers.get("location", "")
    if request.method != "POST" or not target or url_has_allowed_host_and_scheme(target, None):
        return response
    return render(request, "socialaccount/leaving.html", {"target": target, "name": name})


@never_cache
def _arrive(request: HttpRequest, view: View, provider: str, **arguments: str) -> HttpResponse:
    _name_of(request, provider)
    return view(request, **arguments)


def _name_of(request: HttpRequest, provider: str) -> str:
    """Of a provider that is configured."""
    try:
        return str(get_adapter().get_provider(request, provider).name)
    except SocialApp.DoesNotExist:
        raise Http404 from None
