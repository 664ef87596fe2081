"""Google, GitHub and the company's own sign-in, as allauth's `SOCIALACCOUNT_PROVIDERS` has them."""

from typing import Any

from portal.environment import Environment

OIDC = "oidc"


def configured(environment: Environment) -> dict[str, dict[str, Any]]:
    found = {
        "google": _google(environment),
        "github": _github(environment),
        "openid_connect": _openid_connect(environment),
    }
    return {name: provider for name, provider in found.items() if provider}


def _google(environment: Environment) -> dict[str, Any]:
    if not environment.google_client_id:
        return {}
    app = {"client_id": environment.google_client_id, "secret": environment.google_client_secret}
    provider: dict[str, Any] = {"APPS": [app], "OAUTH_PKCE_ENABLED": True}
    if url := environment.google_url:
        provider |= {
            "AUTHORIZE_URL": f"{url}/o/oauth2/v2/auth",
            "ACCESS_TOKEN_URL": f"{url}/token",
            "IDENTITY_URL": f"{url}/oauth2/v2/userinfo",
            "CERTS_URL": f"{url}/oauth2/v1/certs",
            "ID_TOKEN_ISSUER": url,
        }
    return provider


def _github(environment: Environment) -> dict[str, Any]:
    if not environment.github_client_id:
        return {}
    app = {"client_id": environment.github_client_id, "secret": environment.github_client_secret}
    provider: dict[str, Any] = {"APPS": [app], "OAUTH_PKCE_ENABLED": True}
    return provider | ({"GITHUB_URL": environment.github_url} if environment.github_url else {})


def _openid_connect(environment: Environment) -> dict[str, Any]:
    if not environment.oidc_client_id:
        return {}
    app = {
        "provider_id": OIDC,
        "name": environment.oidc_name,
        "client_id": environment.oidc_client_id,
        "secret": environment.oidc_client_secret,
        "settings": {"server_url": environment.oidc_server_url, "oauth_pkce_enabled": True},
    }
    return {"APPS": [app]}
