"""A real OAuth 2 and OpenID Connect server over HTTP that plays Google, GitHub and a company's own.

Authorization code with PKCE, tokens, userinfo, keys; GitHub's `/user` and `/user/emails`. It signs in
whoever `person` is, without asking.
"""

import base64
import hashlib
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

import jwt
import uvicorn
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.portal_process import free_port

CLIENT_ID, CLIENT_SECRET = "portal", "portal-secret"


@dataclass
class Person:
    email: str
    verified: Any = True
    subject: str = ""
    name: str = "Ada Lovelace"
    # GitHub's list; by default the one address.
    emails: list[dict[str, Any]] | None = None

    def __post_init__(self) -> None:
        self.subject = self.subject or str(int(hashlib.sha256(self.email.encode()).hexdigest()[:8], 16))


@dataclass
class IdentityServer:
    url: str
    person: Person = field(default_factory=lambda: Person("nobody@example.org"))
    refuses: bool = False
    codes: dict[str, dict[str, Any]] = field(default_factory=dict)
    tokens: dict[str, Person] = field(default_factory=dict)
    key: Any = field(default_factory=lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048))

    @property
    def variables(self) -> dict[str, str]:
        """Of a portal that knows this server as all three."""
        named = {}
        for who in ("GOOGLE", "GITHUB", "OIDC"):
            named |= {f"{who}_CLIENT_ID": CLIENT_ID, f"{who}_CLIENT_SECRET": CLIENT_SECRET}
        urls = {"GOOGLE_URL": self.url, "GITHUB_URL": self.url, "OIDC_SERVER_URL": self.url}
        return {**named, **urls, "OIDC_NAME": "Example Corp"}

    def application(self) -> Starlette:
        routes = [
            Route("/.well-known/openid-configuration", self.discovery),
            Route("/jwks", self.keys),
            Route("/userinfo", self.userinfo),
            Route("/oauth2/v2/userinfo", self.userinfo),
            Route("/api/v3/user", self.github_user),
            Route("/api/v3/user/emails", self.github_emails),
        ]
        for path in ("/authorize", "/o/oauth2/v2/auth", "/login/oauth/authorize"):
            routes.append(Route(path, self.authorize))
        for path in ("/token", "/login/oauth/access_token"):
            routes.append(Route(path, self.token, methods=["POST"]))
        return Starlette(routes=routes)

    async def discovery(self, request: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "userinfo_endpoint": f"{self.url}/userinfo",
                "jwks_uri": f"{self.url}/jwks",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            }
        )

    async def keys(self, request: Request) -> Response:
        key = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return JSONResponse({"keys": [{**key, "kid": "1", "alg": "RS256", "use": "sig"}]})

    async def authorize(self, request: Request) -> Response:
        query = request.query_params
        if query.get("client_id") != CLIENT_ID or query.get("code_challenge_method") != "S256":
            return JSONResponse({"error": "invalid_request"}, 400)
        answer = {"state": query["state"]}
        if self.refuses:
            answer["error"] = "access_denied"
        else:
            answer["code"] = secrets.token_urlsafe()
            self.codes[answer["code"]] = {
                "person": self.person,
                "challenge": query["code_challenge"],
                "redirect_uri": query["redirect_uri"],
                "nonce": query.get("nonce"),
            }
        return RedirectResponse(f"{query['redirect_uri']}?{urlencode(answer)}", 302)

    async def token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        granted = self.codes.pop(str(form.get("code")), None)
        digest = hashlib.sha256(str(form.get("code_verifier")).encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if (
            granted is None
            or form.get("client_secret") != CLIENT_SECRET
            or form.get("redirect_uri") != granted["redirect_uri"]
            or challenge != granted["challenge"]
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        token = secrets.token_urlsafe()
        self.tokens[token] = granted["person"]
        return JSONResponse(
            {"access_token": token, "token_type": "bearer", "id_token": self.id_token(granted["person"])}
        )

    def id_token(self, person: Person) -> str:
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT_ID, "iat": now, "exp": now + 300, **_claims(person)}
        return jwt.encode(claims, self.key, "RS256", headers={"kid": "1"})

    async def userinfo(self, request: Request) -> Response:
        person = self._bearer(request)
        return JSONResponse(_claims(person)) if person else JSONResponse({}, 401)

    async def github_user(self, request: Request) -> Response:
        person = self._bearer(request)
        if person is None:
            return JSONResponse({}, 401)
        return JSONResponse(
            {"id": int(person.subject), "login": "ada", "name": person.name, "email": person.email}
        )

    async def github_emails(self, request: Request) -> Response:
        person = self._bearer(request)
        if person is None:
            return JSONResponse({}, 401)
        only = {"email": person.email, "primary": True, "verified": person.verified}
        return JSONResponse([only] if person.emails is None else person.emails)

    def _bearer(self, request: Request) -> Person | None:
        return self.tokens.get(request.headers.get("authorization", "").rpartition(" ")[2])


def _claims(person: Person) -> dict[str, Any]:
    claims = {"sub": person.subject, "name": person.name}
    return claims | ({"email": person.email, "email_verified": person.verified} if person.email else {})


@contextmanager
def serve_identities() -> Iterator[IdentityServer]:
    port = free_port()
    identities = IdentityServer(f"http://127.0.0.1:{port}")
    config = uvicorn.Config(identities.application(), port=port, log_level="error", ws="none", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield identities
    server.should_exit = True
    thread.join(10)
