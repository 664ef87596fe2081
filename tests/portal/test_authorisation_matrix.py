"""Who gets in where (battery Z): every route of the portal × everybody who might knock.

The routes come from the URL configuration: one without a row here fails. An owner is let in last, so that
everybody else has met what is still there.
"""

import io
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from django.utils.crypto import get_random_string
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.chat.attachments import samples
from tests.portal_process import PortalProcess

MODEL = "Waymore-A1-Instruct-1011"
HELLO = [{"role": "user", "content": "Hello"}]
# What a visit may come to: let in, refused with a status, or led to where one signs in.
Verdict = int | str
IN, DOOR = "in", "door"
DOORS = ("/login", "/admin/login/", "/verify-email", "/confirm-access", "/two-factor")
COOKIES = ("owner", "other", "staff")
KEYS = ("key", "key of another", "key without the permission")
DEAD_KEYS = {"revoked key": 401, "expired key": 401, "disabled key": 401, "key from elsewhere": 403}
ACTORS = (
    "anonymous",
    "unverified",
    "half way there",
    "other",
    *KEYS[1:],
    *DEAD_KEYS,
    "staff",
    "key",
    "owner",
)


def verdicts(default: Verdict, **named: Verdict) -> dict[str, Verdict]:
    """Spaces in an actor's name are written as underscores."""
    return dict.fromkeys(ACTORS, default) | {name.replace("_", " "): said for name, said in named.items()}


ANYBODY = verdicts(IN)
# Who is signed in with an address that is not verified is led to verify it, wherever they go.
PUBLIC = verdicts(IN, unverified=DOOR)
# Of the model endpoints: a key needs the one permission, a browser's person has them all.
NOBODY_YET = {"half way there": 401}
MODEL_CALL = (
    verdicts(IN, anonymous=401, unverified=401, key_without_the_permission=403) | DEAD_KEYS | NOBODY_YET
)
# One's own things in general: any valid key will do.
OWN = verdicts(IN, anonymous=401, unverified=401) | DEAD_KEYS | NOBODY_YET
# A thing of the owner's: for everybody else it is not there.
OWNERS = verdicts(404, anonymous=401, unverified=401, owner=IN, key=IN) | DEAD_KEYS | NOBODY_YET
ANY_KEY_OF_HERS = {"key without the permission": IN}
# Keys open no pages.
PAGE = verdicts(DOOR, owner=IN, other=IN, staff=IN)
OWNERS_PAGE = PAGE | {"other": 404, "staff": 404}
# Without a session there is no token a form would need: that is found first.
NO_FORM = dict.fromkeys(("anonymous", *KEYS, *DEAD_KEYS), 403)
FORM, OWNERS_FORM = PAGE | NO_FORM, OWNERS_PAGE | NO_FORM
CONFIRMED = verdicts(DOOR)
CONFIRMED_FORM = CONFIRMED | NO_FORM
# On the way in: what is sent is wrong, and that is all anybody learns. A key is no way in, and not looked at.
ENTRY_CALL = verdicts(400)
# About the person at the browser, who must have shown lately that it is them.
SECOND_FACTOR = verdicts(401, half_way_there=403, owner=403, other=403, staff=403)
ADMIN = verdicts(DOOR, staff=IN)
NOWHERE = verdicts(404)
NOT_THIS_TOKEN = verdicts(404, unverified=DOOR)


@dataclass(frozen=True)
class Row:
    """`path` with `{…}` for what `Cast.things` has; `body` is sent as JSON, `form` and `files`
    as a form."""

    verdicts: Mapping[str, Verdict]
    path: str
    method: str = "GET"
    body: Any = None
    form: Mapping[str, str] | None = None
    files: Any = None
    is_endless: bool = False


def call(path: str, **body: Any) -> Row:
    return Row(MODEL_CALL, path, "POST", {"model": MODEL, **body})


NO_TOKEN = "x" * 20
ROWS: dict[str, list[Row]] = {
    "completions": [call("/api/chat/completions", messages=HELLO)],
    "messages": [call("/api/messages", messages=HELLO, max_tokens=5)],
    "count-tokens": [call("/api/messages/count_tokens", messages=HELLO)],
    "embeddings": [Row(MODEL_CALL | {"key": 403, "key without the permission": IN, "key of another": 403},
                       "/api/embeddings", "POST", {"model": MODEL, "input": "x"})],
    # The built-in model makes none: who is let in is told so.
    "images": [Row({**MODEL_CALL, **dict.fromkeys(("owner", "other", "staff"), 400),
                    "key": 403, "key of another": 403},
                   "/api/images/generations", "POST", {"model": MODEL, "prompt": "x"})],
    "models": [Row(OWN, "/api/models")],
    "model": [Row(OWN, f"/api/models/{MODEL}")],
    "chat-models": [Row(OWN, "/api/chat/models")],
    "api-sessions": [Row(OWN, "/api/chat/sessions"),
                     Row(OWN, "/api/chat/sessions", "POST", {"title": "New"})],
    "api-session": [
        Row(OWNERS | ANY_KEY_OF_HERS, "/api/chat/sessions/{session}"),
        Row(OWNERS | ANY_KEY_OF_HERS, "/api/chat/sessions/{session}", "PATCH", {"pinned": True}),
        # The first of hers to come deletes it; the others find it gone.
        Row(OWNERS | {"key without the permission": IN, "key": 404, "owner": 404},
            "/api/chat/sessions/{session}", "DELETE"),
    ],
    "api-session-messages": [
        Row(OWNERS | ANY_KEY_OF_HERS, "/api/chat/sessions/{session}/messages"),
        Row(OWNERS | ANY_KEY_OF_HERS, "/api/chat/sessions/{session}/messages", "POST", {"content": "Hi"}),
    ],
    "api-attachments": [
        # A form without a file is refused to who is let in.
        Row(OWN | dict.fromkeys(("owner", "other", "staff", *KEYS), 400), "/api/chat/attachments", "POST",
            files=[("other", b"x")]),
    ],
    "api-attachment": [
        Row(OWNERS | ANY_KEY_OF_HERS, "/api/chat/attachments/{attachment}"),
        Row(OWNERS | {"key without the permission": IN, "key": 404, "owner": 404},
            "/api/chat/attachments/{attachment}", "DELETE"),
    ],
    "upload": [Row(OWNERS | ANY_KEY_OF_HERS | {"unverified": DOOR}, "/uploads/{attachment}/a.png")],
    "upload-preview": [Row(OWNERS | ANY_KEY_OF_HERS | {"unverified": DOOR}, "/uploads/{attachment}")],
    "api-chat-messages": [Row(OWNERS | ANY_KEY_OF_HERS, "/api/chat/messages", "POST",
                              {"sessionId": "{session}", "content": "Hi"})],
    "api-session-shares": [
        Row(OWNERS | ANY_KEY_OF_HERS, "/api/chat/sessions/{session}/shares"),
        Row(OWNERS | ANY_KEY_OF_HERS, "/api/chat/sessions/{session}/shares", "POST", {}),
    ],
    "api-session-export": [Row(OWNERS | ANY_KEY_OF_HERS, "/api/chat/sessions/{session}/export")],
    # Without a file nothing is imported: who is let in is told so.
    "api-import": [Row(verdicts(400, anonymous=401, unverified=401) | DEAD_KEYS | NOBODY_YET,
                       "/api/chat/import", "POST", form={})],
    "api-shares": [Row(OWN, "/api/chat/shares")],
    "api-share": [
        Row(OWNERS | ANY_KEY_OF_HERS, "/api/chat/shares/{share}"),
        Row(OWNERS | ANY_KEY_OF_HERS, "/api/chat/shares/{share}", "PATCH", {}),
        # The first of hers to come revokes it; the others find it gone.
        Row(OWNERS | {"key without the permission": IN, "key": 404, "owner": 404},
            "/api/chat/shares/{share}", "DELETE"),
    ],
    "api-chat-message": [Row(OWNERS | ANY_KEY_OF_HERS, "/api/chat/messages/{answer}", "PATCH",
                             {"rating": "up"})],
    "api-message-save": [Row(OWNERS | ANY_KEY_OF_HERS, "/api/chat/messages/{answer}/save", "POST",
                             {"part": "answer"})],
    "api-item-use": [Row(OWNERS | ANY_KEY_OF_HERS, "/api/stuff/{item}/use", "POST")],
    "api-stuff": [Row(OWN, "/api/stuff"),
                  Row(OWN, "/api/stuff", "POST", {"type": "NOTE", "title": "New", "content": "x"})],
    "api-stuff-bulk": [Row(OWNERS | ANY_KEY_OF_HERS, "/api/stuff/bulk", "POST",
                           {"action": "favorite", "itemIds": ["{item}"]})],
    "api-item": [
        Row(OWNERS | ANY_KEY_OF_HERS, "/api/stuff/{item}"),
        Row(OWNERS | ANY_KEY_OF_HERS, "/api/stuff/{item}", "PATCH", {"favorite": True}),
        Row(OWNERS | {"key without the permission": IN, "key": 404, "owner": 404},
            "/api/stuff/{item}", "DELETE"),
    ],
    "api-item-versions": [Row(OWNERS | ANY_KEY_OF_HERS, "/api/stuff/{item}/versions")],
    "api-item-version": [Row(OWNERS | ANY_KEY_OF_HERS, "/api/stuff/{item}/versions/1")],
    "api-item-version-restore": [
        Row(OWNERS | ANY_KEY_OF_HERS, "/api/stuff/{item}/versions/1/restore", "POST")
    ],
    "api-collections": [Row(OWN, "/api/collections"), Row(OWN, "/api/collections", "POST", {"name": "New"})],
    "api-collection": [
        Row(OWNERS | ANY_KEY_OF_HERS, "/api/collections/{collection}"),
        Row(OWNERS | ANY_KEY_OF_HERS, "/api/collections/{collection}", "PATCH", {"name": "Renamed"}),
        Row(OWNERS | {"key without the permission": IN, "key": 404, "owner": 404},
            "/api/collections/{collection}", "DELETE"),
    ],
    "api-collections-import": [
        Row(OWN, "/api/collections/import", "POST", files={"file": ("a.md", b"A note")})
    ],
    "api-collections-shared": [Row(OWN, "/api/collections/shared")],
    "api-collection-people": [
        Row(OWNERS | ANY_KEY_OF_HERS, "/api/collections/{collection}/people"),
        Row(OWNERS | ANY_KEY_OF_HERS, "/api/collections/{collection}/people", "PUT",
            {"email": "guest@example.org", "role": "view"}),
    ],
    "api-collection-person": [
        Row(OWNERS | ANY_KEY_OF_HERS, "/api/collections/{collection}/people/{guest}"),
        Row(OWNERS | {"key without the permission": IN, "key": 404, "owner": 404},
            "/api/collections/{collection}/people/{guest}", "DELETE"),
    ],
    "api-collection-link": [
        Row(OWNERS | ANY_KEY_OF_HERS, "/api/collections/{collection}/link"),
        Row(OWNERS | ANY_KEY_OF_HERS, "/api/collections/{collection}/link", "POST"),
        Row(OWNERS | {"key without the permission": IN, "key": 404, "owner": 404},
            "/api/collections/{collection}/link", "DELETE"),
    ],
    "api-collection-export": [Row(OWNERS | ANY_KEY_OF_HERS, "/api/collections/{collection}/export")],
    "api-collection-items": [
        Row(OWNERS | ANY_KEY_OF_HERS, "/api/collections/{collection}/items"),
        Row(OWNERS | ANY_KEY_OF_HERS, "/api/collections/{collection}/items", "POST", {"itemId": "{item}"}),
    ],
    "api-collection-item": [
        Row(OWNERS | ANY_KEY_OF_HERS, "/api/collections/{collection}/items/{item}", "PATCH", {"position": 0}),
        Row(OWNERS | {"key without the permission": IN, "key": 404, "owner": 404},
            "/api/collections/{collection}/items/{item}", "DELETE"),
    ],
    # Keys are read by their owner and by themselves; made and changed by who may manage.
    "api-keys": [
        Row(OWN | {"key": 403, "key of another": 403, "key without the permission": 403}, "/api/keys"),
        Row(OWN | {"key": 403, "key of another": 403, "key without the permission": 403}, "/api/keys",
            "POST", {"name": "New", "permissions": ["chat"]}),
    ],
    "api-key": [
        Row(OWNERS | {"key without the permission": 403}, "/api/keys/{key}"),
        Row(OWNERS | {"key": 403, "key without the permission": 403},
            "/api/keys/{key}", "PATCH", {"name": "Renamed"}),
        Row(OWNERS | {"key": 403, "key without the permission": 403}, "/api/keys/{key}", "DELETE"),
    ],
    "api-key-usage": [Row(OWNERS | {"key without the permission": 403}, "/api/keys/{key}/usage")],
    "api-key-requests": [Row(OWNERS | {"key without the permission": 403}, "/api/keys/{key}/requests")],
    "api-key-regenerate": [Row(OWNERS | {"key": IN, "owner": IN, "key without the permission": 403},
                               "/api/keys/{key}/regenerate", "POST")],
    "usage-summary": [Row(OWN, "/api/usage/summary")],
    "usage-filters": [Row(OWN, "/api/usage/filters")],
    "usage-timeseries": [Row(OWN, "/api/usage/timeseries")],
    "usage-requests": [Row(OWN, "/api/usage/requests")],
    "usage-export": [Row(OWN, "/api/usage/export")],
    "usage-budgets": [Row(OWN, "/api/usage/budgets")],
    "api-root": [Row(ANYBODY, "/api")],
    "api-nowhere": [Row(NOWHERE, "/api/nowhere")],
    "healthz": [Row(ANYBODY, "/healthz")],
    "readyz": [Row(ANYBODY, "/readyz")],
    # With a token of its own: tests/portal/test_metrics.py.
    "metrics": [Row(NOT_THIS_TOKEN, "/metrics")],
    "api-register": [Row(ENTRY_CALL, "/api/auth/register", "POST", {})],
    "api-verify-email": [Row(ENTRY_CALL, "/api/auth/verify-email", "POST", {"token": NO_TOKEN})],
    "api-resend": [Row(ENTRY_CALL, "/api/auth/resend-verification", "POST", {"email": "nobody"})],
    "api-forgot-password": [Row(ENTRY_CALL, "/api/auth/forgot-password", "POST", {"email": "nobody"})],
    "api-reset-password": [Row(ENTRY_CALL, "/api/auth/reset-password", "POST", {})],
    "api-me": [
        Row(OWN, "/api/auth/me"),
        Row(OWN | dict.fromkeys(KEYS, 403), "/api/auth/me", "PATCH", {"name": "Ada"}),
    ],
    "api-2fa-setup": [Row(SECOND_FACTOR, "/api/auth/2fa/setup", "POST")],
    "api-2fa-verify": [
        Row(SECOND_FACTOR | dict.fromkeys(("half way there", *COOKIES), 400),
            "/api/auth/2fa/verify", "POST", {"code": "wrong"}),
    ],
    "api-2fa-disable": [Row(SECOND_FACTOR, "/api/auth/2fa/disable", "POST")],
    "api-passkey-new": [Row(SECOND_FACTOR, "/api/auth/2fa/passkeys/register", "POST")],
    "api-passkey-use": [
        Row(SECOND_FACTOR | dict.fromkeys(("half way there", *COOKIES), IN),
            "/api/auth/2fa/passkeys/use", "POST")
    ],
    "account_signup": [Row(PUBLIC, "/register")],
    "account_login": [Row(PUBLIC | {"half way there": DOOR}, "/login?next=/docs")],
    "account_logout": [Row(PAGE | {"unverified": IN}, "/logout")],
    "account_email_verification_sent": [Row(ANYBODY, "/verify-email")],
    "account_confirm_email": [Row(ANYBODY, f"/verify-email/{NO_TOKEN}")],
    "account_reset_password": [Row(PUBLIC, "/password/forgot")],
    "account_reset_password_done": [Row(PUBLIC, "/password/forgot/sent")],
    "account_reset_password_from_key": [Row(PUBLIC, f"/password/reset/1-{NO_TOKEN}")],
    "account_reset_password_from_key_done": [Row(PUBLIC, "/password/reset/done")],
    "account_inactive": [Row(PUBLIC, "/inactive")],
    "account_reauthenticate": [Row(PAGE, "/confirm-access")],
    "first-operator": [Row(NOT_THIS_TOKEN, f"/first-operator/{NO_TOKEN}")],
    "invitation": [Row(NOT_THIS_TOKEN, f"/invitation/{NO_TOKEN}")],
    "profile": [Row(PAGE, "/profile")],
    "picture": [Row(verdicts(DOOR, owner=404, other=404, staff=404), "/profile/picture")],
    "picture-change": [Row(FORM, "/profile/picture/change", "POST", form={})],
    "picture-remove": [Row(FORM, "/profile/picture/remove", "POST", form={})],
    "theme": [Row(FORM, "/profile/theme", "POST", form={"theme": "dark"})],
    "browsers": [Row(PAGE, "/profile/browsers")],
    "browser-end": [Row(OWNERS_FORM, "/profile/browsers/{browser}/end", "POST", form={})],
    "browsers-end-others": [Row(FORM, "/profile/browsers/end-others", "POST", form={})],
    "security-log": [Row(PAGE, "/profile/log")],
    "data": [Row(PAGE, "/profile/data")],
    "export-download": [Row(OWNERS_PAGE, "/profile/data/{export}")],
    "account-delete": [Row(CONFIRMED, "/profile/delete")],
    "deletion-undo": [Row(PAGE, "/profile/keep")],
    "goodbye": [Row(PUBLIC, "/goodbye")],
    "two-factor": [Row(verdicts(DOOR, half_way_there=IN), "/two-factor")],
    "two-factor-set-up": [Row(CONFIRMED, "/two-factor/set-up")],
    "security": [Row(PAGE, "/profile/security")],
    "account_change_password": [Row(PAGE, "/profile/security/password")],
    "account_set_password": [Row(PAGE, "/profile/security/password/new")],
    "account_email": [Row(PAGE, "/profile/security/email")],
    "backup-codes": [Row(CONFIRMED, "/profile/security/backup-codes")],
    "authenticator-remove": [
        Row(CONFIRMED_FORM, "/profile/security/authenticator/remove", "POST", form={})
    ],
    "passkey-remove": [Row(CONFIRMED_FORM, "/profile/security/passkeys/1/remove", "POST", form={})],
    "passkey-rename": [
        Row(FORM | dict.fromkeys(COOKIES, 404), "/profile/security/passkeys/1/rename", "POST", form={})
    ],
    "browser-forget": [Row(OWNERS_FORM, "/profile/security/browsers/{trusted}/forget", "POST", form={})],
    "socialaccount_connections": [Row(PAGE, "/profile/connections")],
    "socialaccount_signup": [Row(CONFIRMED, "/register/confirm")],
    "socialaccount_login_cancelled": [Row(PUBLIC, "/login/cancelled")],
    "socialaccount_login_error": [Row(verdicts(401, unverified=DOOR), "/login/error")],
    # None is configured here; tests/accounts/test_social.py has them all.
    "google_login": [Row(NOT_THIS_TOKEN, "/login/google")],
    "google_callback": [Row(NOT_THIS_TOKEN, "/login/google/callback")],
    "github_login": [Row(NOT_THIS_TOKEN, "/login/github")],
    "github_callback": [Row(NOT_THIS_TOKEN, "/login/github/callback")],
    "openid_connect_login": [Row(NOT_THIS_TOKEN, "/login/oidc")],
    "openid_connect_callback": [Row(NOT_THIS_TOKEN, "/login/oidc/callback")],
    "keys": [Row(PAGE, "/keys")],
    "key-edit": [Row(OWNERS_PAGE, "/keys/{key}/edit")],
    "key-regenerate": [Row(OWNERS_PAGE, "/keys/{key}/regenerate")],
    "key-delete": [Row(OWNERS_PAGE, "/keys/{key}/delete")],
    "key-disable": [Row(OWNERS_FORM, "/keys/{key}/disable", "POST", form={})],
    "key-enable": [Row(OWNERS_FORM, "/keys/{key}/enable", "POST", form={})],
    "usage": [Row(PAGE, "/usage"), Row(OWNERS_PAGE, "/usage?key={key}")],
    "stuff": [Row(PAGE, "/stuff")],
    "stuff-act": [
        Row(OWNERS_FORM, "/stuff/act", "POST", form={"do": verb, "item": "{item}"})
        for verb in ("favorite", "delete", "restore")
    ],
    "stuff-prompts": [Row(PAGE, "/stuff/prompts?q=x")],
    "item": [Row(OWNERS_PAGE, "/stuff/{item}")],
    "item-edit": [Row(OWNERS_PAGE, "/stuff/{item}/edit")],
    "item-versions": [Row(OWNERS_PAGE, "/stuff/{item}/versions")],
    "item-version-restore": [Row(OWNERS_FORM, "/stuff/{item}/versions/1/restore", "POST", form={})],
    "collection-new": [Row(PAGE, "/collections/new")],
    "collection-import": [Row(PAGE, "/collections/import"),
                          Row(OWNERS_PAGE, "/collections/import?into={collection}")],
    "shared-collection": [Row(PUBLIC, "/share/collections/{collection_token}"),
                          Row(NOT_THIS_TOKEN, f"/share/collections/{NO_TOKEN}")],
    "shared-item": [Row(PUBLIC, "/share/collections/{collection_token}/{item}"),
                    Row(NOT_THIS_TOKEN, f"/share/collections/{NO_TOKEN}/{{item}}")],
    "shared-file": [Row(PUBLIC, "/share/collections/{collection_token}/{file_item}/file"),
                    Row(NOT_THIS_TOKEN, f"/share/collections/{NO_TOKEN}/{{file_item}}/file")],
    "collection-sharing": [
        Row(OWNERS_PAGE, "/collections/{collection}/sharing"),
        *(Row(OWNERS_FORM, "/collections/{collection}/sharing", "POST",
              form={"do": verb, "email": "a@example.org", "role": "view", "guest": "{guest}"})
          for verb in ("invite", "uninvite", "revoke", "link")),
    ],
    "collection-leave": [Row(OWNERS_FORM, "/collections/{collection}/leave", "POST", form={})],
    "collection-zip": [Row(OWNERS_PAGE, "/collections/{collection}/export.zip")],
    "collection-markdown": [Row(OWNERS_PAGE, "/collections/{collection}/export.md")],
    "collection": [Row(OWNERS_PAGE, "/collections/{collection}")],
    "collection-edit": [Row(OWNERS_PAGE, "/collections/{collection}/edit")],
    "collection-delete": [Row(OWNERS_PAGE, "/collections/{collection}/delete")],
    "home": [Row(PUBLIC, "/")],
    "chat": [Row(PAGE, "/chat")],
    "chat-sidebar": [Row(PAGE, "/chat/sidebar?current={session}")],
    "chat-palette": [Row(PAGE, "/chat/palette?q=chat")],
    "chat-archived": [Row(PAGE, "/chat/archived")],
    "chat-sessions": [
        Row(OWNERS_FORM, "/chat/sessions", "POST", form={"do": verb, "session": "{session}"})
        for verb in ("pin", "delete", "undelete")
    ],
    "chat-session": [Row(OWNERS_PAGE, "/chat/{session}")],
    "chat-markdown": [Row(OWNERS_PAGE, "/chat/{session}/export.md")],
    "chat-json": [Row(OWNERS_PAGE, "/chat/{session}/export.json")],
    "chat-print": [Row(OWNERS_PAGE, "/chat/{session}/print")],
    "share": [Row(PUBLIC, "/share/{share_token}"), Row(NOT_THIS_TOKEN, f"/share/{NO_TOKEN}")],
    "chat-import": [Row(PAGE, "/chat/import")],
    "shared-links": [Row(PAGE, "/profile/links")],
    "share-revoke": [Row(OWNERS_FORM, "/profile/links/{share}/revoke", "POST", form={})],
    "chat-turns": [Row(OWNERS_PAGE, "/chat/{session}/turns")],
    "chat-commands": [Row(OWNERS_FORM, "/chat/commands", "POST", {"type": "show", "message": "{answer}"})],
    "chat-diagram": [Row(FORM, "/chat/diagrams", "POST", form={"source": "graph TD"})],
    "chat-events": [Row(OWNERS_PAGE, "/chat/events?follow={generation}:0", is_endless=True)],
    "chat-branch": [Row(OWNERS_FORM, "/chat/messages/{answer}/branch", "POST")],
    "mcp": [
        Row(verdicts(401, key=IN, key_of_another=IN, key_without_the_permission=IN) | DEAD_KEYS,
            "/mcp", "POST", {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}),
    ],
    "docs-index": [Row(PUBLIC, "/docs")],
    "docs": [Row(PUBLIC, "/docs/getting-started")],
    "admin": [Row(ADMIN, f"/admin/{path}") for path in ("", "accounts/user/", "chat/upstream/",
              "usage/usagerecord/overview/", "usage/usagerecord/overview/?table=users")],
}  # fmt: skip
# Served beside Django, so that its URL configuration does not know them.
BESIDE_DJANGO = {"mcp"}
# Routes without a name, by their pattern.
NAMELESS = {
    r"^api/?$": "api-root",
    r"^api/v1/?$": "api-root",
    r"^.*$": "api-nowhere",
    "healthz": "healthz",
    "readyz": "readyz",
    "metrics": "metrics",
}


def routes() -> Iterator[str]:
    def walk(patterns: list[Any], prefix: str) -> Iterator[str]:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                inside_admin = pattern.namespace == "admin"
                yield from ["admin"] if inside_admin else walk(pattern.url_patterns, prefix)
            elif isinstance(pattern, URLPattern):
                yield pattern.name or NAMELESS[str(pattern.pattern)]

    yield from walk(get_resolver("portal.urls").url_patterns, "")


@dataclass
class Cast:
    clients: dict[str, httpx.Client]
    things: dict[str, str] = field(default_factory=dict)


@pytest.fixture
def everybody(
    portal: PortalProcess, alice: Any, bob: Any, operator: Any, make_user: Any, sign_in: Any
) -> Iterator[Cast]:
    from apikeys.services import create_key, revoke_key

    def key(user: Any, *permissions: str, **fields: Any) -> tuple[Any, str]:
        return create_key(user=user, name="A key", permissions=permissions or ("chat",), **fields)

    own, secret = key(alice)
    revoked, revoked_secret = key(alice)
    revoke_key(key=revoked)
    expired, expired_secret = key(alice)
    type(expired).objects.filter(pk=expired.pk).update(expires_at=timezone.now() - timedelta(minutes=1))
    disabled, disabled_secret = key(alice)
    type(disabled).objects.filter(pk=disabled.pk).update(is_enabled=False)
    secrets = {
        "key": secret,
        "key of another": key(bob)[1],
        "key without the permission": key(alice, "embeddings")[1],
        "revoked key": revoked_secret,
        "expired key": expired_secret,
        "disabled key": disabled_secret,
        "key from elsewhere": key(alice, ip_whitelist=["203.0.113.1"])[1],
    }
    unverified = make_user("unverified")
    unverified.emailaddress_set.update(verified=False)
    people = {"owner": alice, "other": bob, "staff": operator, "unverified": unverified}
    clients = {name: sign_in(user) for name, user in people.items()}
    clients["half way there"] = half_way_in(portal, make_user("pending"))
    clients |= {
        name: httpx.Client(base_url=portal.url, headers={"authorization": f"Bearer {secret}"})
        for name, secret in secrets.items()
    }
    clients["anonymous"] = httpx.Client(base_url=portal.url)
    for client in clients.values():
        client.follow_redirects = False
    # Another browser of hers, which can be signed out.
    assert sign_in(alice).get("/profile").is_success
    yield Cast(clients, things_of(alice, own))
    for name in (*secrets, "anonymous", "half way there"):
        clients[name].close()


def half_way_in(portal: PortalProcess, user: Any) -> httpx.Client:
    """The password is shown, the second factor is not."""
    from allauth.account.internal.stagekit import LOGIN_SESSION_KEY
    from allauth.account.models import Login
    from django.contrib.sessions.backends.db import SessionStore
    from django_otp.plugins.otp_totp.models import TOTPDevice

    TOTPDevice.objects.create(user=user, name="Authenticator app")
    earlier = ("login_by_code", "verify_phone", "verify_email")
    stages = {"current": "second_factor", **{name: {"handled": True} for name in earlier}}
    session = SessionStore()
    session[LOGIN_SESSION_KEY] = Login(user=user, state={"stages": stages}).serialize()
    session.create()
    token = get_random_string(32)
    cookies = {"sessionid": str(session.session_key), "csrftoken": token}
    return httpx.Client(base_url=portal.url, cookies=cookies, headers={"x-csrftoken": token})


def things_of(user: Any, key: Any) -> dict[str, str]:
    from accounts.browsers.access import browsers_of
    from accounts.data_export import make_export
    from accounts.models import DataExport, TrustedBrowser
    from chat.attachments.intake import receive
    from chat.models import Message, Session
    from chat.sharing.services import share_session
    from collections_app.collecting import add_items, create_collection
    from collections_app.files import keeper
    from collections_app.services import create_item
    from collections_app.sharing.services import invite, make_link

    session = Session.objects.create(user=user, title="A chat", model=MODEL)
    answer = Message.objects.create(session=session, role="assistant", text="Hello", model=MODEL)
    [attachment] = receive(user=user, uploads=[SimpleUploadedFile("a.png", samples.image())])
    session.current = answer
    session.save()
    share, share_token = share_session(session=session)
    item = create_item(user=user, type="NOTE", title="A note", content="Hello")
    collection = create_collection(user=user, name="A collection")
    address = keeper().receive(user, "a.txt", io.BytesIO(b"Hello"), 5)
    file_item = create_item(user=user, type="FILE", title="A file", content=address)
    add_items(user=user, collection_id=collection.public_id, items=[item, file_item])
    guest = invite(collection=collection, email=f"{uuid4()}@example.org", role="view")
    export = DataExport.objects.create(user=user)
    make_export(export.pk)
    in_a_day = timezone.now() + timedelta(days=1)
    trusted = TrustedBrowser.objects.create(user=user, digest=uuid4().hex, binding="", expires_at=in_a_day)
    return {
        "key": key.public_id,
        "session": session.public_id,
        "attachment": attachment.public_id,
        "share": share.public_id,
        "share_token": share_token,
        "answer": answer.public_id,
        "generation": answer.public_id.replace("msg_", "gen_"),
        "export": export.public_id,
        "item": item.public_id,
        "collection": collection.public_id,
        "collection_token": make_link(collection=collection),
        "file_item": file_item.public_id,
        "guest": guest.public_id,
        "trusted": trusted.public_id,
        "browser": str(browsers_of(user)[0].id),
    }


def verdict_on(response: httpx.Response) -> Verdict:
    if response.is_redirect:
        return DOOR if urlsplit(response.headers["location"]).path in DOORS else IN
    return IN if response.is_success else response.status_code


def test_every_route_has_a_row() -> None:
    known = {*routes(), *BESIDE_DJANGO}
    assert known - ROWS.keys() == set()
    assert ROWS.keys() - known == set()


def casts() -> Iterator[list[str]]:
    """Who only reads leaves everything to the next: such routes share a cast, a few dozen of them."""
    reading = [name for name, rows in ROWS.items() if all(row.method == "GET" for row in rows)]
    yield from (reading[start::3] for start in range(3))
    yield from ([name] for name in ROWS if name not in reading)


@pytest.mark.parametrize("names", casts(), ids=lambda names: names[0])
def test_who_gets_in_z(everybody: Cast, names: list[str]) -> None:
    wrong = []
    for row in itertools.chain.from_iterable(ROWS[name] for name in names):
        for actor in ACTORS:
            got = visit(everybody, row, actor)
            if got != row.verdicts[actor]:
                wrong.append(f"{row.method} {row.path}: {actor} got {got}, not {row.verdicts[actor]}")
    assert not wrong, "\n".join(wrong)


def visit(everybody: Cast, row: Row, actor: str) -> Verdict:
    path = row.path.format(**everybody.things)
    body = filled(row.body, everybody.things)
    client = everybody.clients[actor]
    if row.is_endless:
        with client.stream(row.method, path) as response:
            return verdict_on(response)
    form = filled(row.form, everybody.things)
    return verdict_on(client.request(row.method, path, json=body, data=form, files=row.files))


def filled(body: Any, things: dict[str, str]) -> Any:
    """With the things that a body's own texts name."""
    if isinstance(body, dict):
        return {name: filled(value, things) for name, value in body.items()}
    if isinstance(body, list):
        return [filled(value, things) for value in body]
    names = {f"{{{name}}}": thing for name, thing in things.items()}
    return names.get(body, body) if isinstance(body, str) else body


@pytest.mark.parametrize("root", ["/api/", "/api/v1/"])
def test_both_key_headers_agree_under_both_roots_z01(
    everybody: Cast, portal: PortalProcess, root: str
) -> None:
    """One cast does for all: the first row of a route leaves its things where they are."""
    rows = [rows[0] for rows in ROWS.values() if rows[0].path.startswith("/api/")]
    wrong = []
    with httpx.Client(base_url=portal.url) as client:
        for row in rows:
            path = row.path.format(**everybody.things).replace("/api/", root, 1)
            body = filled(row.body, everybody.things)
            for actor in ("key without the permission", *DEAD_KEYS, "key of another"):
                bearer = everybody.clients[actor].headers["authorization"]
                got = set()
                for headers in ({"x-api-key": bearer.removeprefix("Bearer ")}, {"authorization": bearer}):
                    client.cookies.clear()
                    response = client.request(row.method, path, json=body, files=row.files, headers=headers)
                    got.add(response.status_code)
                if len(got) > 1:
                    wrong.append(f"{row.method} {path}: {actor} got {got}")
    assert rows
    assert not wrong, "\n".join(wrong)


def test_a_write_by_cookie_needs_its_token_w08(everybody: Cast) -> None:
    """On every route that changes something, the API's included."""
    owner = everybody.clients["owner"]
    del owner.headers["x-csrftoken"]
    for name, rows in ROWS.items():
        for row in rows:
            if row.method != "GET" and row.verdicts["owner"] not in (401, 404):
                assert visit(everybody, row, "owner") == 403, name


def test_the_socket_gives_the_same_verdict_z01(everybody: Cast, portal: PortalProcess) -> None:
    """A person's browser may use it, signed in to the end; a key opens none."""
    for actor in ACTORS:
        got = IN if socket_opens(everybody.clients[actor], portal.url) else DOOR
        assert got == PAGE[actor], actor


def test_the_socket_is_for_our_own_pages_w07(everybody: Cast, portal: PortalProcess) -> None:
    for origin in ("https://evil.example.org", "null", portal.url.replace("http:", "https:"), ""):
        assert not socket_opens(everybody.clients["owner"], portal.url, origin), origin


def socket_opens(client: httpx.Client, url: str, origin: str | None = None) -> bool:
    """Whether it stays open to be spoken to: what it closes at once, it refused."""
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in client.cookies.jar)
    headers = {name: client.headers[name] for name in ("authorization",) if name in client.headers}
    headers |= {"Cookie": cookies} if cookies else {}
    try:
        with connect(
            url.replace("http", "ws", 1) + "/ws/chat",
            origin=Origin(url if origin is None else origin),
            additional_headers=headers,
        ) as socket:
            socket.send('{"type": "nonsense"}')
            return '"rejected"' in str(socket.recv(timeout=10))
    except (InvalidStatus, ConnectionClosed):
        return False
