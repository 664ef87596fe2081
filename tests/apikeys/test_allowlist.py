"""From where a key may be used (battery Z04): the rule alone. Over HTTP: `test_verdicts`."""

import pytest

from apikeys.allowlist import allows, parse_network, written


@pytest.mark.parametrize(
    ("allowlist", "address"),
    [
        ([], "203.0.113.9"),
        ([], None),
        (["203.0.113.10"], "203.0.113.10"),
        (["203.0.113.0/24"], "203.0.113.255"),
        (["203.0.113.10"], "::ffff:203.0.113.10"),
        (["::ffff:203.0.113.10"], "203.0.113.10"),
        (["::ffff:203.0.113.0/120"], "203.0.113.77"),
        (["2001:db8::1"], "2001:0db8:0:0::1"),
        (["2001:db8::/32"], "2001:db8:ffff::7"),
        (["198.51.100.1", "2001:db8::/32"], "2001:db8::1"),
        (["0.0.0.0/0"], "8.8.8.8"),
    ],
)
def test_it_allows_z04(allowlist: list[str], address: str | None) -> None:
    assert allows([written(parse_network(text)) for text in allowlist], address)


@pytest.mark.parametrize(
    ("allowlist", "address"),
    [
        (["203.0.113.10"], "203.0.113.11"),
        (["203.0.113.0/24"], "203.0.114.0"),
        (["203.0.113.0/24"], "::ffff:203.0.114.0"),
        (["203.0.113.0/24"], "2001:db8::1"),
        (["2001:db8::/32"], "2001:db9::1"),
        (["0.0.0.0/0"], "2001:db8::1"),
        (["::/0"], "203.0.113.10"),
        (["203.0.113.10"], None),
        (["203.0.113.10"], ""),
        (["203.0.113.10"], "nonsense"),
    ],
)
def test_it_refuses_z04(allowlist: list[str], address: str | None) -> None:
    assert not allows(allowlist, address)


@pytest.mark.parametrize("text", ["", "x", "203.0.113", "203.0.113.1/24", "203.0.113.0/33", "fe80::/x"])
def test_it_rejects_what_is_no_network(text: str) -> None:
    with pytest.raises(ValueError, match=r"not appear|host bits"):
        parse_network(text)


def test_a_single_address_is_written_as_one() -> None:
    assert written(parse_network("203.0.113.10/32")) == "203.0.113.10"
    assert written(parse_network("2001:DB8::/32")) == "2001:db8::/32"
