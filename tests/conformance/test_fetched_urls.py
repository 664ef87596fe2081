"""Images and documents by address: left to the model server, unless the operator says otherwise (W06)."""

import base64
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests import profile
from tests.conformance.conftest import PATHS, Upstream
from tests.portal_process import PortalProcess, serve
from tests.web_server import WebServer, web_server

Make = Callable[..., Upstream]
PNG, PDF = b"\x89PNG\r\n\x1a\n....", b"%PDF-1.7 ...."


@pytest.fixture(scope="session")
def fetching_portal(portal: PortalProcess) -> Iterator[PortalProcess]:
    """The same data behind a process that fetches, from the internet and from one address of this machine."""
    allowed = {"PORTAL_FETCH_URLS": "1", "PORTAL_FETCH_ALLOWED_NETWORKS": "127.0.0.2/32"}
    with serve(profile.MAIN, PORTAL_MAX_IMAGE_BYTES="1000", **allowed) as running:
        yield running


@pytest.fixture(scope="module")
def files() -> Iterator[WebServer]:
    with web_server("127.0.0.2") as running:
        running.pages = {
            "/i.png": (200, {"Content-Type": "text/html"}, PNG),
            "/a.pdf": (200, {}, PDF),
            "/page": (200, {"Content-Type": "image/png"}, b"<html><script>"),
            "/large.png": (200, {}, PNG + bytes(1000)),
        }
        yield running


def image(wire: str, url: str) -> dict[str, Any]:
    if wire == "openai":
        return {"type": "image_url", "image_url": {"url": url, "detail": "low"}}
    return {"type": "image", "source": {"type": "url", "url": url}, "cache_control": {"type": "ephemeral"}}


def ask(portal: PortalProcess, server: Upstream, wire: str, *parts: Any) -> httpx.Response:
    content = [{"type": "text", "text": "What is this?"}, *parts]
    body = {"model": server.model, "max_tokens": 9, "messages": [{"role": "user", "content": content}]}
    return httpx.post(portal.api + PATHS[wire], json=body, headers=server.client.headers)


@pytest.mark.parametrize("wire", PATHS)
@pytest.mark.parametrize("kind", ["openai", "anthropic"])
def test_by_default_nothing_is_fetched(
    portal: PortalProcess, upstream: Make, files: WebServer, kind: str, wire: str
) -> None:
    before = len(files.asked)
    server = upstream(kind)
    assert ask(portal, server, wire, image(wire, files.url + "i.png")).status_code == 200
    assert files.url + "i.png" in str(server.seen["messages"])
    assert len(files.asked) == before


@pytest.mark.parametrize("wire", PATHS)
@pytest.mark.parametrize("kind", ["openai", "anthropic"])
def test_turned_on_the_server_gets_the_data(
    fetching_portal: PortalProcess, upstream: Make, files: WebServer, kind: str, wire: str
) -> None:
    """And the rest of the request as it was."""
    server = upstream(kind)
    assert ask(fetching_portal, server, wire, image(wire, files.url + "i.png")).status_code == 200
    part = server.seen["messages"][0]["content"][1]
    data = base64.b64encode(PNG).decode()
    if kind == "openai":
        assert part["image_url"]["url"] == f"data:image/png;base64,{data}"
    else:
        assert part["source"] == {"type": "base64", "media_type": "image/png", "data": data}
    if wire == kind:
        assert part.get("cache_control") or part["image_url"]["detail"] == "low"


def test_documents_too(fetching_portal: PortalProcess, upstream: Make, files: WebServer) -> None:
    """Also where the other format has no words for their addresses."""
    server = upstream("openai")
    document = {"type": "document", "source": {"type": "url", "url": files.url + "a.pdf"}, "title": "a.pdf"}
    assert ask(fetching_portal, server, "anthropic", document).status_code == 200
    file = server.seen["messages"][0]["content"][1]["file"]
    assert file["file_data"] == "data:application/pdf;base64," + base64.b64encode(PDF).decode()


@pytest.mark.parametrize("wire", PATHS)
@pytest.mark.parametrize(
    "name", ["page", "large.png", "gone", "127.0.0.1", "localhost", "169.254.169.254", "[::1]"]
)
def test_it_refuses_by_name_w06(
    fetching_portal: PortalProcess, upstream: Make, files: WebServer, alice: Any, name: str, wire: str
) -> None:
    from usage.models import UsageRecord

    server = upstream("openai")
    is_page = name in ("page", "large.png", "gone")
    url = files.url + name if is_page else f"http://{name}:{fetching_portal.url.rpartition(':')[2]}/healthz"
    response = ask(fetching_portal, server, wire, image(wire, url))
    assert response.status_code == 400, response.text
    assert response.json()["error"]["message"].startswith("messages[0].content[1]: ")
    assert not server.script.asked
    assert not UsageRecord.objects.filter(user=alice).exists()
