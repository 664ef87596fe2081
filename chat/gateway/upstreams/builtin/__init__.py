"""The built-in model: offline, deterministic, honest about what it is."""

from chat.gateway.upstreams.builtin.upstream import BuiltinUpstream

__all__ = ["BuiltinUpstream"]
