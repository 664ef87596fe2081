"""From where a key may be used (battery Z04)."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network

_MAPPED = IPv6Network("::ffff:0:0/96")


def parse_network(text: str) -> Network:
    """An address or a network. v4-mapped IPv6 is the IPv4 that it stands for.

    Raises `ValueError` for what is neither, and for a network with host bits set.
    """
    network = ip_network(text.strip())
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        mapped = network.network_address.ipv4_mapped
        return IPv4Network((mapped, network.prefixlen - _MAPPED.prefixlen))  # type: ignore[arg-type]
    return network


def written(network: Network) -> str:
    """A single address without its prefix length, as people write it."""
    return str(network.network_address) if network.num_addresses == 1 else str(network)


def allows(allowlist: Sequence[str], address: str | None) -> bool:
    """An empty list allows everybody; a caller without an address is in no list."""
    if not allowlist:
        return True
    caller = _address(address)
    return caller is not None and any(caller in network for network in _networks(tuple(allowlist)))


def _address(text: str | None) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(text or "")
    except ValueError:
        return None
    return parsed.ipv4_mapped or parsed if isinstance(parsed, IPv6Address) else parsed


@lru_cache(maxsize=1024)
def _networks(texts: Iterable[str]) -> tuple[Network, ...]:
    return tuple(parse_network(text) for text in texts)
