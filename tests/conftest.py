"""The fixed cast and the running portal.

Alice owns, Bob is somebody else. Data is committed, as the portal runs in a process of its own; every
test makes its own people, so no test sees another's.
"""

import io
import itertools
import logging
import os
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import uuid4

import httpx
import pytest
from django.core.management import call_command
from django.utils.crypto import get_random_string

from tests import profile
from tests.identity_server import IdentityServer, serve_identities
from tests.mail_sink import Sink, mail_sink
from tests.portal_process import PortalProcess, serve

PASSWORD = "correct-horse-battery"
_numbers = itertools.count(1)
# Redis remembers rate limits by address from one run to the next.
_RUN = uuid4().hex[:6]


@pytest.fixture(scope="session", autouse=True)
def _database(request: pytest.FixtureRequest) -> Iterator[None]:
    """One database a worker, made once; pytest-django's own is not used."""
    if not any(needs_database(item) for item in request.session.items):
        yield
        return
    blocker = request.getfixturevalue("django_db_blocker")
    profile.create_database(profile.MAIN)
    with blocker.unblock():
        from django.db import connections

        call_command("migrate", verbosity=0)
        connections.close_all()
        profile.create_database(profile.MIGRATED, profile.MAIN)
        call_command("prepare", verbosity=0, stdout=io.StringIO())
        yield
        connections.close_all()
    # This process's heart beats on, with nothing to write to.
    logging.getLogger("usage.heartbeat").disabled = True
    profile.drop_database(profile.MAIN)
    profile.drop_database(profile.MIGRATED)


def needs_database(item: pytest.Item) -> bool:
    is_without = "tests/gateway" in str(item.path) or "tests/house" in str(item.path)
    return not is_without or "make_user" in getattr(item, "fixturenames", ())


@pytest.fixture(scope="session")
def portal(_database: None) -> Iterator[PortalProcess]:
    with serve(profile.MAIN) as running:
        yield running


@pytest.fixture(scope="session")
def portal_without_fast_path(_database: None) -> Iterator[PortalProcess]:
    """The same data behind a process that answers completions through the DRF views."""
    with serve(profile.MAIN, PORTAL_FAST_PATH="0") as running:
        yield running


@pytest.fixture(scope="session")
def portals(portal: PortalProcess) -> Iterator[list[PortalProcess]]:
    """Every process that serves the same data: two of them where Redis lets them be many."""
    if profile.PROFILE != "scale":
        yield [portal]
        return
    with serve(profile.MAIN) as second:
        yield [portal, second]


@pytest.fixture
def sink(settings: Any) -> Iterator[Sink]:
    """Where mail that the test's own process sends arrives."""
    with mail_sink() as (sink, port):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        yield sink


@pytest.fixture
def make_team() -> Iterator[Callable[..., Any]]:
    """A group with a budget that its members share. They belong to it since the day before yesterday. After
    the test it is gone: in others nobody is mailed about it."""
    from django.contrib.auth.models import Group
    from django.utils import timezone

    from accounts.models import GroupBudget, Membership

    made = []

    def make(*members: Any, **budget: Any) -> Any:
        group = Group.objects.create(name=f"team-{uuid4()}")
        made.append(group)
        group.user_set.set(members)
        Membership.objects.filter(group=group).update(since=timezone.now() - timedelta(days=2))
        return GroupBudget.objects.create(group=group, **budget)

    yield make
    for group in made:
        group.delete()


@pytest.fixture
def new_email() -> str:
    return f"new-{_RUN}-{next(_numbers)}@example.org"


@pytest.fixture
def make_user() -> Callable[..., Any]:
    from allauth.account.models import EmailAddress
    from django_otp.plugins.otp_totp.models import TOTPDevice

    from accounts.models import User

    def make(name: str, is_operator: bool = False) -> Any:
        email = f"{name}-{_RUN}-{next(_numbers)}@example.org"
        rights = {"is_staff": is_operator, "is_superuser": is_operator}
        user = User.objects.create(email=email, password=_hashed(PASSWORD), **rights)
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
        if is_operator:
            TOTPDevice.objects.create(user=user, name="Authenticator app")
        return user

    return make


@cache
def _hashed(password: str) -> str:
    """Once a run: to be slow is what a password's hash is for."""
    from django.contrib.auth.hashers import make_password

    return make_password(password)


@pytest.fixture
def alice(make_user: Callable[..., Any]) -> Any:
    return make_user("alice")


@pytest.fixture
def bob(make_user: Callable[..., Any]) -> Any:
    return make_user("bob")


@pytest.fixture
def operator(make_user: Callable[..., Any]) -> Any:
    return make_user("operator", is_operator=True)


@pytest.fixture
def make_key() -> Callable[..., str]:
    from apikeys.services import create_key

    def make(user: Any, *permissions: str, **fields: Any) -> str:
        """Fields as `apikeys.definition` knows them."""
        fields = {"name": "A key", "permissions": permissions or ("chat",), **fields}
        return create_key(user=user, **fields)[1]

    return make


@pytest.fixture
def secret(alice: Any, make_key: Callable[..., str]) -> str:
    return make_key(alice)


@pytest.fixture
def api(portal: PortalProcess, secret: str) -> Iterator[httpx.Client]:
    headers = {"authorization": f"Bearer {secret}"}
    with httpx.Client(base_url=portal.api, headers=headers, timeout=30) as client:
        yield client


@pytest.fixture
def sign_in(portal: PortalProcess) -> Iterator[Callable[..., httpx.Client]]:
    """A browser in which the person is signed in; its `x-csrftoken` is set.

    (How people sign in is tested where it belongs; done here by the form, it would take most of the suite.)
    Each has an address of its own: much is limited by address.
    """
    clients = []

    def make(user: Any, url: str = portal.url) -> httpx.Client:
        number = next(_numbers)
        transport = httpx.HTTPTransport(local_address=f"127.1.{number // 250 % 250}.{number % 250 + 1}")
        client = httpx.Client(base_url=url, follow_redirects=True, timeout=30, transport=transport)
        clients.append(client)
        client.cookies.set("sessionid", _session_of(user), domain="127.0.0.1")
        token = get_random_string(32)
        client.cookies.set("csrftoken", token, domain="127.0.0.1")
        client.headers["x-csrftoken"] = token
        return client

    yield make
    for client in clients:
        client.close()


def _session_of(user: Any) -> str:
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django_otp import DEVICE_ID_SESSION_KEY, devices_for_user

    session = SessionStore()
    for device in devices_for_user(user):
        session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


@pytest.fixture(scope="session")
def eventually() -> Callable[..., Any]:
    """Waits for what another process is about to do."""

    def wait(condition: Callable[[], Any], seconds: float = 10) -> Any:
        deadline = time.monotonic() + seconds
        while not (value := condition()):
            assert time.monotonic() < deadline, f"it did not happen within {seconds} s"
            time.sleep(0.05)
        return value

    return wait


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    return {
        "executable_path": os.environ["TEST_CHROMIUM"],
        "args": ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
    }


@pytest.fixture(scope="session")
def identities() -> Iterator[IdentityServer]:
    with serve_identities() as server:
        yield server


@pytest.fixture(scope="session")
def social_portal(_database: None, identities: IdentityServer) -> Iterator[PortalProcess]:
    """The same data behind a process that knows Google, GitHub and a company's own sign-in."""
    with serve(profile.MAIN, **identities.variables) as running:
        yield running
