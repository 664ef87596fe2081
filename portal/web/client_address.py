"""Who is calling, seen through the proxies we trust (battery Z04)."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(peer: str, forwarded_for: str, trusted: Sequence[IPv4Network | IPv6Network]) -> str | None:
    """The rightmost address of `X-Forwarded-For` that is not a trusted proxy of ours.

    The header counts only when `peer`, the socket's other end, is trusted itself. None for a
    peer without an address (a UNIX socket).
    """
    hops = [peer, *reversed([hop.strip() for hop in forwarded_for.split(",") if hop.strip()])]
    address = None
    for hop in hops:
        try:
            parsed = ip_address(hop.strip("[]"))
        except ValueError:
            break
        if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
            parsed = parsed.ipv4_mapped
        address = str(parsed)
        if not any(parsed in network for network in trusted):
            break
    return address


def request_address(request: HttpRequest) -> str | None:
    return client_address(
        request.META.get("REMOTE_ADDR", ""),
        request.META.get("HTTP_X_FORWARDED_FOR", ""),
        settings.TRUSTED_PROXIES,
    )
