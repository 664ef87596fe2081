"""SDKs meet the same scripted model servers as the wire tests."""

from tests.conformance.conftest import caller, scripted, upstream

__all__ = ["caller", "scripted", "upstream"]
