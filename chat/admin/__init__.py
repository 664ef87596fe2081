"""Registers everything of the chat with the admin."""

from chat.admin import catalogue, conversations, upstreams

__all__ = ["catalogue", "conversations", "upstreams"]
