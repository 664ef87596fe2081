"""Where a signed-in browser is, with a database of the operator's own (`PORTAL_GEOIP_PATH`)."""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from tests import profile
from tests.portal_process import PortalProcess, serve

SignIn = Callable[..., httpx.Client]


def test_a_place_is_shown_when_somebody_knows_it(sign_in_by_form: SignIn, alice: Any, tmp_path: Path) -> None:
    path = tmp_path / "city.mmdb"
    path.write_bytes(city_database(first_byte=127, city="Vienna", country="Austria"))
    with serve(profile.MAIN, PORTAL_GEOIP_PATH=str(path)) as portal:
        page = sign_in_by_form(alice, portal.url).get("/profile/browsers").text
    assert "Vienna, Austria" in page


def test_an_address_nobody_knows_has_none(sign_in_by_form: SignIn, alice: Any, tmp_path: Path) -> None:
    path = tmp_path / "city.mmdb"
    path.write_bytes(city_database(first_byte=9, city="Vienna", country="Austria"))
    with serve(profile.MAIN, PORTAL_GEOIP_PATH=str(path)) as portal:
        page = sign_in_by_form(alice, portal.url).get("/profile/browsers").text
    assert "127.1." in page
    assert "Vienna" not in page


def test_without_a_database_only_the_address_is_shown(
    portal: PortalProcess, sign_in_by_form: SignIn, alice: Any
) -> None:
    assert "127.1." in sign_in_by_form(alice).get("/profile/browsers").text


def city_database(*, first_byte: int, city: str, country: str) -> bytes:
    """One /8 network in MaxMind's format (MaxMind DB File Format Specification 2.0)."""
    record = {"city": {"names": {"en": city}}, "country": {"names": {"en": country}}}
    count = 8
    nothing, found = count, count + 16
    tree = b""
    for number in range(count):
        bit = first_byte >> (7 - number) & 1
        on = found if number == count - 1 else number + 1
        pair = (nothing, on) if bit else (on, nothing)
        tree += b"".join(value.to_bytes(3, "big") for value in pair)
    metadata = {
        "binary_format_major_version": _uint16(2),
        "binary_format_minor_version": _uint16(0),
        "build_epoch": _uint64(1),
        "database_type": "City",
        "description": {"en": "A test"},
        "ip_version": _uint16(4),
        "languages": [],
        "node_count": _uint32(count),
        "record_size": _uint16(24),
    }
    return tree + bytes(16) + _encoded(record) + b"\xab\xcd\xefMaxMind.com" + _encoded(metadata)


def _uint16(value: int) -> bytes:
    return bytes([5 << 5 | 2]) + struct.pack(">H", value)


def _uint32(value: int) -> bytes:
    return bytes([6 << 5 | 4]) + struct.pack(">I", value)


def _uint64(value: int) -> bytes:
    return bytes([8, 9 - 7]) + struct.pack(">Q", value)


def _encoded(value: Any) -> bytes:
    if isinstance(value, dict):
        pairs = b"".join(_encoded(name) + _encoded(item) for name, item in value.items())
        return bytes([7 << 5 | len(value)]) + pairs
    if isinstance(value, list):
        return bytes([len(value), 11 - 7]) + b"".join(map(_encoded, value))
    if isinstance(value, str):
        return bytes([2 << 5 | len(value.encode())]) + value.encode()
    return bytes(value)
