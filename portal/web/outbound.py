"""Addresses from strangers: where the portal may go for them, and how it fetches what is there (battery W06).

A name is looked up once, what it stands for is judged, and just that is connected to: a name that changes
its mind (DNS rebinding) changes nothing.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

MAX_REDIRECTS = 3
# Seconds, for all of it.
PATIENCE = 20
# An IPv4 address in its last 32 bits is where these really lead.
_NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
_COMPATIBLE = ipaddress.ip_network("::/96")


class NotFetched(Exception):
    """A line for the caller; never says what is there."""


def is_public(address: Address) -> bool:
    """Whether it is one of the internet's, seen through every way to write an IPv4 address as an IPv6 one."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = _inner(address)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast and not address.is_reserved


def _inner(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address.sixtofour:
        return address.sixtofour
    if address.teredo:
        return address.teredo[1]
    if any(address in network for network in (*_NAT64, _COMPATIBLE)):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


class GuardedResolver(AbstractResolver):
    """Gives only addresses that may be gone to; one that may not spoils them all."""

    def __init__(self, allowed: Sequence[Network], resolver: AbstractResolver | None = None) -> None:
        self._allowed = allowed
        self._resolver = resolver or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        for result in found:
            self.require(ipaddress.ip_address(result["host"].partition("%")[0]))
        return found

    def require(self, address: Address) -> None:
        if not is_public(address) and not any(address in network for network in self._allowed):
            raise NotFetched("the address is not a public one.")

    async def close(self) -> None:
        await self._resolver.close()


async def fetch(
    url: str, *, limit: int, allowed: Sequence[Network] = (), resolver: AbstractResolver | None = None
) -> bytes:
    """At most `limit` bytes. Raises `NotFetched`. `allowed` are networks that need not be public."""
    guard = GuardedResolver(allowed, resolver)
    connector = aiohttp.TCPConnector(resolver=guard, use_dns_cache=False, force_close=True)
    try:
        async with (
            asyncio.timeout(PATIENCE),
            aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session,
        ):
            for _ in range(MAX_REDIRECTS + 1):
                _require_plain(url, guard)
                async with session.get(url, allow_redirects=False) as response:
                    if response.status not in (301, 302, 303, 307, 308):
                        return await _body(response, limit)
                    url = urljoin(url, response.headers.get("location", ""))
    except TimeoutError:
        raise NotFetched("it did not come in time.") from None
    except (aiohttp.ClientError, OSError, ValueError):
        raise NotFetched("it could not be fetched.") from None
    raise NotFetched("it is redirected too often.")


def _require_plain(url: str, guard: GuardedResolver) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise NotFetched("the address must begin with http:// or https://.")
    if parts.username is not None or parts.password is not None:
        raise NotFetched("the address must not hold a name or a password.")
    try:
        literal = ipaddress.ip_address(parts.hostname)
    except ValueError:
        # A name, or a number in one of the older spellings: the resolver's answer is judged.
        return
    guard.require(literal)


async def _body(response: aiohttp.ClientResponse, limit: int) -> bytes:
    if response.status != 200:
        raise NotFetched(f"it answers with status {response.status}.")
    body = bytearray()
    chunks: Any = response.content.iter_any()
    async for chunk in chunks:
        body += chunk
        if len(body) > limit:
            raise NotFetched(f"it is larger than {limit} bytes.")
    return bytes(body)
