"""The environment variables the portal reads, typed; a wrong one stops the start.

Every variable is documented in `docs/configuration.md`; a test compares the two.
"""

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from urllib.parse import urlsplit

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


# Where Ollama, LM Studio, llama.cpp and vLLM (as the portal's neighbour) usually listen.
LOCAL_PORTS = (11434, 1234, 8080, 8001)
SHORTEST_TOKEN = 16


class BadEnvironment(Exception):
    """One line that names the variable."""


@dataclass(frozen=True)
class Environment:
    """Field names are the variables' names in lower case."""

    portal_host: str
    portal_port: int
    portal_data_dir: Path
    portal_base_url: str | None
    portal_allowed_hosts: tuple[str, ...]
    portal_secret_key: str | None
    portal_trusted_proxies: tuple[Network, ...]
    portal_fast_path: bool
    portal_cors_origins: tuple[str, ...]
    portal_fetch_urls: bool
    portal_fetch_allowed_networks: tuple[Network, ...]
    portal_keep_alive_seconds: int
    portal_max_body_bytes: int
    portal_max_depth: int
    portal_max_messages: int
    portal_max_tools: int
    portal_max_text_characters: int
    portal_max_images: int
    portal_max_embedding_inputs: int
    portal_max_image_bytes: int
    portal_reserved_output_tokens: int
    portal_require_2fa: bool
    portal_sign_up_rate: str
    portal_sign_in_rate: str
    portal_sign_in_address_rate: str
    portal_wrong_key_rate: str
    google_client_id: str | None
    google_client_secret: str | None
    google_url: str | None
    github_client_id: str | None
    github_client_secret: str | None
    github_url: str | None
    oidc_name: str
    oidc_client_id: str | None
    oidc_client_secret: str | None
    oidc_server_url: str | None
    portal_admin_email: str | None
    portal_admin_password: str | None
    portal_signup: str
    portal_signup_domains: tuple[str, ...]
    portal_deletion_grace_days: int
    portal_export_days: int
    portal_item_versions: int
    portal_keep_chats_days: int
    portal_keep_ledger_months: int
    portal_geoip_path: Path | None
    portal_metrics_token: str | None
    portal_upstream_url: str | None
    portal_upstream_key: str | None
    portal_upstream_model: str | None
    portal_upstream_kind: str
    portal_discovery: bool
    portal_discovery_ports: tuple[int, ...]
    openai_api_key: str | None
    openai_base_url: str
    anthropic_api_key: str | None
    anthropic_base_url: str
    ollama_host: str | None
    database_url: str | None
    redis_url: str | None
    email_url: str | None
    s3_endpoint_url: str | None
    s3_bucket: str | None
    s3_access_key: str | None
    s3_secret_key: str | None
    s3_region: str | None


VARIABLES = tuple(field.name.upper() for field in fields(Environment))


def read(source: Mapping[str, str] = os.environ) -> Environment:
    """Raises `BadEnvironment` for an unknown `PORTAL_*` name or a value that cannot be used."""
    reader = _Reader(source)
    reader.refuse_unknown()
    environment = Environment(
        portal_host=reader.text("PORTAL_HOST") or "127.0.0.1",
        portal_port=reader.port("PORTAL_PORT", 8000),
        portal_data_dir=Path(reader.text("PORTAL_DATA_DIR") or "var").resolve(),
        portal_base_url=reader.url("PORTAL_BASE_URL", {"http", "https"}),
        portal_allowed_hosts=reader.words("PORTAL_ALLOWED_HOSTS"),
        portal_secret_key=reader.text("PORTAL_SECRET_KEY"),
        portal_trusted_proxies=reader.networks("PORTAL_TRUSTED_PROXIES"),
        portal_fast_path=reader.switch("PORTAL_FAST_PATH", True),
        portal_cors_origins=reader.origins("PORTAL_CORS_ORIGINS"),
        portal_fetch_urls=reader.switch("PORTAL_FETCH_URLS", False),
        portal_fetch_allowed_networks=reader.networks("PORTAL_FETCH_ALLOWED_NETWORKS"),
        portal_keep_alive_seconds=reader.number("PORTAL_KEEP_ALIVE_SECONDS", 15),
        portal_max_body_bytes=reader.number("PORTAL_MAX_BODY_BYTES", 32 * 1024 * 1024),
        portal_max_depth=reader.number("PORTAL_MAX_DEPTH", 100),
        portal_max_messages=reader.number("PORTAL_MAX_MESSAGES", 10_000),
        portal_max_tools=reader.number("PORTAL_MAX_TOOLS", 1_000),
        portal_max_text_characters=reader.number("PORTAL_MAX_TEXT_CHARACTERS", 8 * 1024 * 1024),
        portal_max_images=reader.number("PORTAL_MAX_IMAGES", 100),
        portal_max_embedding_inputs=reader.number("PORTAL_MAX_EMBEDDING_INPUTS", 2048),
        portal_max_image_bytes=reader.number("PORTAL_MAX_IMAGE_BYTES", 20 * 1024 * 1024),
        portal_reserved_output_tokens=reader.number("PORTAL_RESERVED_OUTPUT_TOKENS", 4096),
        portal_require_2fa=reader.switch("PORTAL_REQUIRE_2FA", False),
        portal_sign_up_rate=reader.rate("PORTAL_SIGN_UP_RATE", "5/15m"),
        portal_sign_in_rate=reader.rate("PORTAL_SIGN_IN_RATE", "10/5m"),
        portal_sign_in_address_rate=reader.rate("PORTAL_SIGN_IN_ADDRESS_RATE", "30/5m"),
        portal_wrong_key_rate=reader.rate("PORTAL_WRONG_KEY_RATE", "60/m"),
        google_client_id=reader.text("GOOGLE_CLIENT_ID"),
        google_client_secret=reader.text("GOOGLE_CLIENT_SECRET"),
        google_url=reader.server("GOOGLE_URL"),
        github_client_id=reader.text("GITHUB_CLIENT_ID"),
        github_client_secret=reader.text("GITHUB_CLIENT_SECRET"),
        github_url=reader.server("GITHUB_URL"),
        oidc_name=reader.text("OIDC_NAME") or "your company account",
        oidc_client_id=reader.text("OIDC_CLIENT_ID"),
        oidc_client_secret=reader.text("OIDC_CLIENT_SECRET"),
        oidc_server_url=reader.server("OIDC_SERVER_URL"),
        portal_admin_email=reader.text("PORTAL_ADMIN_EMAIL"),
        portal_admin_password=reader.text("PORTAL_ADMIN_PASSWORD"),
        portal_signup=reader.choice("PORTAL_SIGNUP", ("open", "domains", "invite", "closed")),
        portal_signup_domains=reader.words("PORTAL_SIGNUP_DOMAINS"),
        portal_deletion_grace_days=reader.number("PORTAL_DELETION_GRACE_DAYS", 14),
        portal_export_days=reader.number("PORTAL_EXPORT_DAYS", 7),
        portal_item_versions=reader.number("PORTAL_ITEM_VERSIONS", 50),
        # Nothing said: for ever.
        portal_keep_chats_days=reader.number("PORTAL_KEEP_CHATS_DAYS", 0),
        portal_keep_ledger_months=reader.number("PORTAL_KEEP_LEDGER_MONTHS", 0),
        portal_geoip_path=reader.file("PORTAL_GEOIP_PATH"),
        portal_metrics_token=reader.token("PORTAL_METRICS_TOKEN"),
        portal_upstream_url=reader.server("PORTAL_UPSTREAM_URL"),
        portal_upstream_key=reader.text("PORTAL_UPSTREAM_KEY"),
        portal_upstream_model=reader.text("PORTAL_UPSTREAM_MODEL"),
        portal_upstream_kind=reader.choice("PORTAL_UPSTREAM_KIND", ("openai", "anthropic")),
        portal_discovery=reader.switch("PORTAL_DISCOVERY", True),
        portal_discovery_ports=reader.ports("PORTAL_DISCOVERY_PORTS", LOCAL_PORTS),
        openai_api_key=reader.text("OPENAI_API_KEY"),
        openai_base_url=reader.server("OPENAI_BASE_URL") or "https://api.openai.com/v1",
        anthropic_api_key=reader.text("ANTHROPIC_API_KEY"),
        anthropic_base_url=reader.server("ANTHROPIC_BASE_URL") or "https://api.anthropic.com",
        ollama_host=reader.ollama_host("OLLAMA_HOST"),
        database_url=reader.url("DATABASE_URL", {"postgres", "postgresql", "sqlite"}),
        redis_url=reader.url("REDIS_URL", {"redis", "rediss", "unix"}),
        email_url=reader.url("EMAIL_URL", {"smtp", "smtps", "smtp+tls", "smtp+ssl"}),
        s3_endpoint_url=reader.url("S3_ENDPOINT_URL", {"http", "https"}),
        s3_bucket=reader.text("S3_BUCKET"),
        s3_access_key=reader.text("S3_ACCESS_KEY"),
        s3_secret_key=reader.text("S3_SECRET_KEY"),
        s3_region=reader.text("S3_REGION"),
    )
    reader.need_together("S3_ENDPOINT_URL", "S3_BUCKET", "S3_ACCESS_KEY", "S3_SECRET_KEY")
    if environment.portal_signup == "domains" and not environment.portal_signup_domains:
        raise BadEnvironment("PORTAL_SIGNUP_DOMAINS: PORTAL_SIGNUP=domains needs at least one.")
    reader.need_together("GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET")
    reader.need_together("GITHUB_CLIENT_ID", "GITHUB_CLIENT_SECRET")
    reader.need_together("OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_SERVER_URL")
    reader.need_together("PORTAL_ADMIN_EMAIL", "PORTAL_ADMIN_PASSWORD")
    return environment


def count_and_seconds(rate: str) -> tuple[int, int]:
    """Of a rate that was read: `5/15m` is 5 in 900 seconds."""
    count, span = rate.split("/")
    return int(count), int(span[:-1] or 1) * {"s": 1, "m": 60, "h": 3600, "d": 86_400}[span[-1]]


class _Reader:
    def __init__(self, source: Mapping[str, str]) -> None:
        self._source = source

    def refuse_unknown(self) -> None:
        for name in self._source:
            if name.startswith("PORTAL_") and name not in VARIABLES:
                raise BadEnvironment(f"{name}: no such setting; docs/configuration.md lists them all.")

    def text(self, name: str) -> str | None:
        return self._source.get(name, "").strip() or None

    def token(self, name: str) -> str | None:
        """A secret that nobody guesses."""
        value = self.text(name)
        if value is not None and (len(value) < SHORTEST_TOKEN or not value.isascii() or " " in value):
            raise BadEnvironment(
                f"{name}: a token has at least {SHORTEST_TOKEN} letters, digits and signs, and no blanks."
            )
        return value

    def words(self, name: str) -> tuple[str, ...]:
        return tuple(word for word in (self.text(name) or "").replace(",", " ").split())

    def port(self, name: str, default: int) -> int:
        value = self.text(name)
        return default if value is None else self._port(name, value)

    def ports(self, name: str, default: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(self._port(name, word) for word in self.words(name)) or default

    def _port(self, name: str, value: str) -> int:
        if not value.isascii() or not value.isdigit() or not 0 < int(value) < 65536:
            raise BadEnvironment(f"{name}: {value!r} is not a port number (1 to 65535).")
        return int(value)

    def number(self, name: str, default: int) -> int:
        value = self.text(name)
        if value is None:
            return default
        if not value.isascii() or not value.isdigit() or not int(value):
            raise BadEnvironment(f"{name}: {value!r} is not a whole number above 0.")
        return int(value)

    def origins(self, name: str) -> tuple[str, ...]:
        words = self.words(name)
        for word in words:
            parts = urlsplit(word)
            if (
                parts.scheme not in ("http", "https")
                or not parts.netloc
                or word != f"{parts.scheme}://{parts.netloc}"
            ):
                raise BadEnvironment(f"{name}: {word!r} is not an origin such as https://app.example.org.")
        return words

    def switch(self, name: str, default: bool) -> bool:
        value = self.text(name)
        if value is None:
            return default
        if value not in ("0", "1"):
            raise BadEnvironment(f"{name}: {value!r} is neither 0 nor 1.")
        return value == "1"

    def rate(self, name: str, default: str) -> str:
        value = self.text(name) or default
        if not re.fullmatch(r"[1-9]\d{0,5}/(?:[1-9]\d{0,3})?[smhd]", value, re.ASCII):
            raise BadEnvironment(f"{name}: {value!r} is not a rate such as 5/15m.")
        return value

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        value = self.text(name) or choices[0]
        if value not in choices:
            raise BadEnvironment(f"{name}: {value!r} is not one of {', '.join(choices)}.")
        return value

    def file(self, name: str) -> Path | None:
        value = self.text(name)
        if value is not None and not Path(value).is_file():
            raise BadEnvironment(f"{name}: there is no file {value}.")
        return Path(value) if value else None

    def url(self, name: str, schemes: set[str]) -> str | None:
        """The value itself stays out of the message: it may hold a password."""
        value = self.text(name)
        if value is not None and urlsplit(value).scheme not in schemes:
            raise BadEnvironment(f"{name}: the address must begin with {' or '.join(sorted(schemes))}://.")
        return value

    def server(self, name: str) -> str | None:
        """A model server's address. It is shown to operators, so it must hold no secret."""
        value = self.url(name, {"http", "https"})
        parts = urlsplit(value or "")
        if parts.username is not None or parts.query or parts.fragment:
            raise BadEnvironment(f"{name}: the address holds more than host and path; keys have their own.")
        return value

    def ollama_host(self, name: str) -> str | None:
        """As Ollama itself reads it: scheme, host and port may each be left out."""
        value = self.text(name)
        if value is None:
            return None
        scheme, _, rest = value.rpartition("://")
        address = urlsplit(f"{scheme or 'http'}://{rest}")
        try:
            port = address.port or {"": 11434, "http": 80, "https": 443}[scheme]
        except (ValueError, KeyError):
            raise BadEnvironment(f"{name}: this is no address such as http://127.0.0.1:11434.") from None
        if address.username is not None:
            raise BadEnvironment(f"{name}: the address must hold no password.")
        # A server told to listen everywhere is reached here.
        host = address.hostname if address.hostname not in (None, "0.0.0.0", "::") else "127.0.0.1"  # noqa: S104
        host = f"[{host}]" if ":" in host else host
        return f"{address.scheme}://{host}:{port}{address.path.rstrip('/')}"

    def networks(self, name: str) -> tuple[Network, ...]:
        try:
            return tuple(ipaddress.ip_network(word) for word in self.words(name))
        except ValueError as error:
            raise BadEnvironment(f"{name}: {error}.") from error

    def need_together(self, *names: str) -> None:
        missing = [name for name in names if self.text(name) is None]
        if missing and len(missing) < len(names):
            raise BadEnvironment(f"{missing[0]}: needed beside {', '.join(set(names) - set(missing))}.")
