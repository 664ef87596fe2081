"""Where the portal goes for a stranger, and where it does not (battery W06)."""

import socket
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver

from portal.web.outbound import NotFetched, fetch, is_public
from tests import asynchronous
from tests.web_server import WebServer, web_server

PRIVATE = [
    "127.0.0.1", "127.255.0.9", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1",
    "2002:7f00:1::", "2002:a00:1::", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
ALLOWED = [ip_network("127.0.0.2/32")]


@pytest.fixture(scope="module")
def server() -> Iterator[WebServer]:
    with web_server("127.0.0.2") as running:
        yield running


@pytest.fixture(scope="module")
def hidden() -> Iterator[WebServer]:
    """Where nobody may be led."""
    with web_server("127.0.0.1") as running:
        yield running


def get(url: str, **options: Any) -> bytes:
    return asynchronous.run(fetch(url, limit=1000, allowed=ALLOWED, **options))


def test_it_works(server: WebServer) -> None:
    server.pages["/"] = (200, {}, b"Hello")
    assert get(server.url) == b"Hello"


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_that_are_not_public_w06(address: str) -> None:
    assert not is_public(ip_address(address))
    shown = f"[{address}]" if ":" in address else address
    with pytest.raises(NotFetched, match="not a public one"):
        asynchronous.run(fetch(f"http://{shown}:9/", limit=9))


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_that_are_w06(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "host", ["localhost", "2130706433", "0177.0.0.1", "0x7f.0.0.1", "0x7f000001", "127.1", "127.0.0.1."]
)
def test_every_spelling_of_this_machine_w06(hidden: WebServer, host: str) -> None:
    port = hidden.url.rpartition(":")[2].rstrip("/")
    with pytest.raises(NotFetched):
        get(f"http://{host}:{port}/")
    assert not hidden.asked


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://127.0.0.2/", "gopher://127.0.0.2/", "data:text/plain,x", "//127.0.0.2/",
     "x", "http://", "http://user:secret@127.0.0.2/", "http://127.0.0.2:99999/", "http://[::1"],
)  # fmt: skip
def test_what_is_no_plain_web_address_w06(url: str) -> None:
    with pytest.raises(NotFetched):
        get(url)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_judged_again_w06(server: WebServer, hidden: WebServer, status: int) -> None:
    for target in (
        hidden.url,
        hidden.url.replace("127.0.0.1", "localhost"),
        "file:///etc/passwd",
        "//[::1]:9/",
    ):
        server.pages["/away"] = (status, {"Location": target}, b"")
        with pytest.raises(NotFetched):
            get(server.url + "away")
    assert not hidden.asked


def test_redirects_are_followed_a_few_times_w06(server: WebServer) -> None:
    server.pages |= {f"/{n}": (302, {"Location": f"/{n + 1}"}, b"") for n in range(9)}
    server.pages["/9"] = (200, {}, b"There")
    assert get(server.url + "6") == b"There"
    with pytest.raises(NotFetched, match="too often"):
        get(server.url + "5")


class Rebinding(AbstractResolver):
    """A name that is public when it is looked at and private when it is used."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def resolve(self, host: str, port: int = 0, family: Any = socket.AF_INET) -> Any:
        address = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        return [{"hostname": host, "host": address, "port": port, "family": family, "proto": 0, "flags": 0}]

    async def close(self) -> None:
        pass


def test_a_name_is_looked_up_once_w06(server: WebServer, hidden: WebServer) -> None:
    """And what was judged is connected to."""
    server.pages["/"] = (200, {}, b"Hello")
    port = server.url.rpartition(":")[2].rstrip("/")
    resolver = Rebinding("127.0.0.2", "127.0.0.1")
    assert get(f"http://rebinding.example:{port}/", resolver=resolver) == b"Hello"
    assert resolver.asked == 1
    with pytest.raises(NotFetched, match="not a public one"):
        get(f"http://rebinding.example:{port}/", resolver=Rebinding("127.0.0.1", "127.0.0.2"))
    assert not hidden.asked


def test_size_status_and_silence_w06(server: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.pages |= {
        "/large": (200, {}, b"x" * 1001),
        "/gone": (404, {}, b"secret"),
        "/slow": (200, {}, None),
    }
    with pytest.raises(NotFetched, match="larger than 1000"):
        get(server.url + "large")
    with pytest.raises(NotFetched, match="status 404"):
        get(server.url + "gone")
    monkeypatch.setattr("portal.web.outbound.PATIENCE", 0.3)
    with pytest.raises(NotFetched, match="in time"):
        get(server.url + "slow")


def test_nothing_of_ours_is_sent_along_w06(server: WebServer) -> None:
    server.pages["/"] = (200, {"Set-Cookie": "a=b"}, b"Hello")
    get(server.url)
    get(server.url)
    assert not {"authorization", "cookie", "referer", "x-forwarded-for"} & server.asked[-1].keys()
