"""A portal whose files are on S3 at scale, and on the disk in the embedded default."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import profile
from tests.chat.attachments.s3_server import S3Server
from tests.portal_process import PortalProcess, serve

Upload = Callable[..., httpx.Response]


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    server = S3Server()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def portal(request: pytest.FixtureRequest, _database: None) -> Iterator[PortalProcess]:
    storage = request.getfixturevalue("s3").variables if profile.PROFILE == "scale" else {}
    with serve(profile.MAIN, **storage) as running:
        yield running


@pytest.fixture
def stored(request: pytest.FixtureRequest, portal: PortalProcess) -> Callable[[], set[str]]:
    """The keys of all files that the storage has at this moment."""
    if profile.PROFILE == "scale":
        return request.getfixturevalue("s3").keys
    root = Path(portal.variables["PORTAL_DATA_DIR"]) / "uploads"
    return lambda: {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def sweep(portal: PortalProcess) -> Callable[[], Any]:
    """The periodic task, as a worker of this portal's would run it."""
    code = "from chat.tasks import sweep_attachments; sweep_attachments()"
    return lambda: portal.manage("shell", "-v", "0", "-c", code)


@pytest.fixture
def upload(api: httpx.Client) -> Upload:
    def send(*files: tuple[str, bytes], client: httpx.Client = api) -> httpx.Response:
        """Each with a type that says nothing true."""
        fields = [("files", (name, body, "application/x-claimed")) for name, body in files]
        return client.post("/chat/attachments", files=fields, timeout=100)

    return send


@pytest.fixture
def uploaded(upload: Upload) -> Callable[..., Any]:
    def send(name: str, body: bytes, **options: Any) -> dict[str, Any]:
        response = upload((name, body), **options)
        assert response.status_code == 201, response.text
        return response.json()["data"][0]

    return send
