"""An operator's browser, and a model server with a list of its own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.conformance.scripted import ScriptedServer, scripted_server
from tests.portal_process import PortalProcess
from tests.prices import set_prices

ADMIN = "/admin/chat"
_cookies: dict[str, httpx.Cookies] = {}
UPSTREAM = {
    "kind": "openai", "is_enabled": "on", "extra_headers": "{}", "first_byte_timeout": "9",
    "idle_timeout": "9", "total_timeout": "9", "queue_timeout": "9", "max_concurrency": "2", "max_queue": "2",
}  # fmt: skip


@dataclass
class Admin:
    """Posts forms as the browser does, the CSRF token among them."""

    browser: httpx.Client

    def get(self, path: str) -> httpx.Response:
        return self.browser.get(f"{ADMIN}/{path}")

    def post(self, path: str, **fields: Any) -> httpx.Response:
        token = self.browser.cookies["csrftoken"]
        return self.browser.post(f"{ADMIN}/{path}", data={**fields, "csrfmiddlewaretoken": token})

    def act(self, action: str, *rows: Any) -> str:
        """Runs an action on the rows, and says which page came back."""
        chosen = [str(row.pk) for row in rows]
        return self.post(f"{rows[0]._meta.model_name}/", action=action, _selected_action=chosen).text


@pytest.fixture
def admin(request: pytest.FixtureRequest, portal: PortalProcess) -> Iterator[Admin]:
    """One operator signs in once for all tests: signing in is limited by the minute."""
    if portal.url not in _cookies:
        sign_in, operator = map(request.getfixturevalue, ("sign_in", "operator"))
        _cookies[portal.url] = sign_in(operator).cookies
    options: Any = {"base_url": portal.url, "cookies": _cookies[portal.url], "follow_redirects": True}
    with httpx.Client(**options, timeout=30) as browser:
        yield Admin(browser)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as running:
        yield running


@pytest.fixture
def make_upstream(server: ScriptedServer) -> Iterator[Callable[..., Any]]:
    """An upstream that is `server`, gone after the test with the models it served."""
    from chat.models import PublicModel, Upstream

    made = []

    def make(**fields: Any) -> Any:
        fields = {"name": f"up-{uuid4().hex[:8]}", "kind": "openai", "base_url": server.base_url, **fields}
        made.append(Upstream.objects.create(**fields))
        return made[-1]

    yield make
    PublicModel.objects.filter(deployments__upstream__in=made).delete()
    for row in made:
        row.delete()


@pytest.fixture
def make_model(make_upstream: Callable[..., Any]) -> Callable[..., Any]:
    """A model on an upstream of its own, or on `upstream`."""
    from chat.models import Deployment, PublicModel

    def make(name: str = "", upstream: Any = None, prices: Any = None, **fields: Any) -> Any:
        model = PublicModel.objects.create(name=name or f"model-{uuid4().hex[:8]}", **fields)
        if prices:
            set_prices(model, **prices)
        upstream = upstream or make_upstream()
        Deployment.objects.create(model=model, upstream=upstream, upstream_model=f"theirs-{model.name}")
        return model

    return make
