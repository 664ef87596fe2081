"""The HTTP around both formats (conformance H), with the fast path and without it."""

import gzip
import json
import re
import socket
import time
import zlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests import profile
from tests.conformance.conftest import HELLO
from tests.portal_process import PortalProcess, serve

MODEL = "Waymore-A1-Instruct-1011"
BODY = {"model": MODEL, "max_tokens": 5, "messages": HELLO}
BYTES = json.dumps(BODY).encode()
SHARED, OWN = "/api/chat/completions", "/api/v1/messages"
ORIGIN, STRANGER = "https://app.example.org", "https://evil.example.org"


@pytest.fixture(params=["fast path", "views"])
def front(request: pytest.FixtureRequest) -> PortalProcess:
    name = "portal" if request.param == "fast path" else "portal_without_fast_path"
    return request.getfixturevalue(name)


@pytest.fixture(scope="session")
def open_portal(portal: PortalProcess) -> Iterator[PortalProcess]:
    """The same data behind a process that pages of one other origin may call."""
    with serve(profile.MAIN, PORTAL_CORS_ORIGINS=ORIGIN) as running:
        yield running


def post(front: PortalProcess, path: str = SHARED, **fields: Any) -> httpx.Response:
    return httpx.post(front.url + path, timeout=30, **fields)


@pytest.mark.parametrize("path", ["/api/chat/completions", "/api/v1/chat/completions"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_every_spelling_of_the_address_h01(front: PortalProcess, secret: str, path: str, slash: str) -> None:
    response = post(front, path + slash, json=BODY, headers={"x-api-key": secret})
    assert (response.status_code, response.history) == (200, [])


def test_keys_in_either_header_h02(front: PortalProcess, secret: str) -> None:
    for headers in (
        {"authorization": f"Bearer {secret}"},
        {"authorization": f"bEaReR   {secret}"},
        {"Authorization": f"BEARER {secret}"},
        {"x-api-key": secret, "authorization": f"Bearer {secret}"},
    ):
        assert post(front, json=BODY, headers=headers).status_code == 200, headers


@pytest.mark.parametrize("name", ["X-API-Key:  {} ", "Authorization: Bearer   {}\t"])
def test_blanks_around_a_key_h02(connection: "Connection", secret: str, name: str) -> None:
    lines = [
        f"POST {SHARED} HTTP/1.1",
        "Host: 127.0.0.1",
        name.format(secret),
        f"Content-Length: {len(BYTES)}",
    ]
    connection.send("\r\n".join([*lines, "", ""]).encode() + BYTES)
    assert connection.read_answer()[0] == 200


def test_two_different_keys_are_none_h02(front: PortalProcess, secret: str, bob: Any, make_key: Any) -> None:
    headers = {"x-api-key": secret, "authorization": f"Bearer {make_key(bob)}"}
    response = post(front, json=BODY, headers=headers)
    assert (response.status_code, response.json()["error"]["code"]) == (401, "invalid_api_key")


def preflight(portal: PortalProcess, origin: str, path: str = SHARED) -> httpx.Response:
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
    return httpx.options(portal.url + path, headers={"origin": origin, **asked})


def test_pages_of_a_known_origin_may_call_h03(open_portal: PortalProcess, secret: str) -> None:
    for path in (SHARED, OWN, "/api/models"):
        response = preflight(open_portal, ORIGIN, path)
        assert response.status_code == 200
        assert response.headers["access-control-allow-origin"] == ORIGIN
        assert "authorization" in response.headers["access-control-allow-headers"].lower()
        assert "access-control-allow-credentials" not in response.headers
    response = post(open_portal, json=BODY, headers={"origin": ORIGIN, "x-api-key": secret})
    assert response.headers["access-control-allow-origin"] == ORIGIN
    assert "x-request-id" in response.headers["access-control-expose-headers"].lower()


def test_pages_of_others_may_not_h03(open_portal: PortalProcess, portal: PortalProcess, secret: str) -> None:
    for running, origin in ((open_portal, STRANGER), (open_portal, "null"), (portal, ORIGIN)):
        assert "access-control-allow-origin" not in preflight(running, origin).headers
        answer = post(running, json=BODY, headers={"origin": origin, "x-api-key": secret})
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("path", [SHARED, OWN])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
def test_other_methods_h04(front: PortalProcess, secret: str, path: str, method: str) -> None:
    response = httpx.request(method, front.url + path, headers={"x-api-key": secret})
    assert response.status_code == 405
    assert "POST" in response.headers["allow"]
    if method != "HEAD":
        assert response.json()["error"]["message"]


@pytest.mark.parametrize("coding", ["gzip", "deflate", "zstd", "br"])
def test_compressed_bodies_h05(front: PortalProcess, secret: str, coding: str) -> None:
    """A bomb is refused before anybody inflates it."""
    body = {"gzip": gzip.compress, "deflate": zlib.compress}.get(coding, bytes)(bytes(1_000_000))
    begun = time.monotonic()
    for path in (SHARED, OWN):
        response = post(front, path, content=body, headers={"x-api-key": secret, "content-encoding": coding})
        assert response.status_code == 415
        assert "error" in response.json()
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded", "nonsense"])
def test_the_content_type_does_not_matter_h06(front: PortalProcess, secret: str, kind: str | None) -> None:
    headers = {"x-api-key": secret} | ({"content-type": kind} if kind else {})
    request = httpx.Request("POST", front.url + SHARED, content=BYTES, headers=headers)
    if kind is None:
        request.headers.pop("content-type", None)
    with httpx.Client() as client:
        assert client.send(request).status_code == 200


HOSTILE = {
    "key twice": b'{"model":"m","model":"%s",' % MODEL.encode() + BYTES[1:],
    "key twice, deeper": BYTES[:-1] + b',"metadata":{"a":1,"a":2}}',
    "NaN": BYTES[:-1] + b',"temperature":NaN}',
    "Infinity": BYTES[:-1] + b',"temperature":-Infinity}',
    "1e400": BYTES[:-1] + b',"temperature":1e400}',
    "depth 1000": BYTES[:-1] + b',"metadata":' + b'{"a":' * 1000 + b"1" + b"}" * 1000 + b"}",
    "depth 100000": BYTES[:-1] + b',"metadata":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a long string": BYTES.replace(b'"Hello"', b'"' + b"x" * 10_000_000 + b'"'),
    "not UTF-8": BYTES.replace(b"Hello", b"\xff\xfe"),
    "two values": BYTES + BYTES,
    "cut off": BYTES[:-1],
}


@pytest.mark.parametrize("path", [SHARED, OWN])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_json_h07(front: PortalProcess, alice: Any, secret: str, path: str, name: str) -> None:
    from usage.models import UsageRecord

    begun = time.monotonic()
    response = post(front, path, content=HOSTILE[name], headers={"x-api-key": secret})
    assert response.status_code == 400, response.text[:300]
    assert response.json()["error"]["message"]
    assert time.monotonic() - begun < 2
    assert not UsageRecord.objects.filter(user=alice).exists()


class Connection:
    """Bytes to and from the portal, as no client library sends them."""

    def __init__(self, front: PortalProcess) -> None:
        self._socket = socket.create_connection(("127.0.0.1", int(front.url.rpartition(":")[2])), timeout=20)
        self._file = self._socket.makefile("rb")

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def read_answer(self) -> tuple[int, bytes]:
        status = int(self._file.readline().split()[1])
        head = b""
        while (line := self._file.readline()) not in (b"\r\n", b""):
            head += line.lower()
        length = re.search(rb"content-length: (\d+)", head)
        return status, self._file.read(int(length[1])) if length else b""

    def close(self) -> None:
        self._file.close()
        self._socket.close()


@pytest.fixture
def connection(front: PortalProcess) -> Iterator[Connection]:
    connection = Connection(front)
    yield connection
    connection.close()


def head(secret: str, *lines: str) -> bytes:
    start = [f"POST {SHARED} HTTP/1.1", "Host: 127.0.0.1", f"x-api-key: {secret}", *lines]
    return "\r\n".join([*start, "", ""]).encode()


def test_a_connection_is_kept_and_pipelined_h08(connection: Connection, secret: str) -> None:
    request = head(secret, f"Content-Length: {len(BYTES)}") + BYTES
    connection.send(request)
    assert connection.read_answer()[0] == 200
    connection.send(request + request)
    answers = [connection.read_answer(), connection.read_answer()]
    assert [status for status, _ in answers] == [200, 200]
    assert json.loads(answers[0][1])["id"] != json.loads(answers[1][1])["id"]


def test_expect_is_answered_h08(connection: Connection, secret: str) -> None:
    connection.send(head(secret, f"Content-Length: {len(BYTES)}", "Expect: 100-continue"))
    assert connection.read_answer() == (100, b"")
    connection.send(BYTES)
    assert connection.read_answer()[0] == 200


def test_a_body_may_come_in_chunks_h08(connection: Connection, secret: str) -> None:
    connection.send(head(secret, "Transfer-Encoding: chunked"))
    for at in range(0, len(BYTES), 10):
        piece = BYTES[at : at + 10]
        connection.send(b"%x\r\n" % len(piece) + piece + b"\r\n")
    connection.send(b"0\r\n\r\n")
    assert connection.read_answer()[0] == 200


def test_the_base_address_answers_h10(front: PortalProcess) -> None:
    for path in ("/api", "/api/", "/api/v1", "/api/v1/"):
        assert httpx.get(front.url + path).json()["completions"] == SHARED
        assert httpx.head(front.url + path).status_code == 200
