"""Django's settings, from the environment. Nobody imports this module; use `django.conf.settings`."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
import dj_email_url
from botocore.config import Config as S3Config
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from portal import environment, providers, secret_key

try:
    ENVIRONMENT = environment.read()
except environment.BadEnvironment as error:
    raise ImproperlyConfigured(str(error)) from None

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = ENVIRONMENT.portal_data_dir
DATA_DIR.mkdir(parents=True, exist_ok=True)

DEBUG = False
SECRET_KEY = ENVIRONMENT.portal_secret_key or secret_key.stored_in(DATA_DIR)
# Listening on every network says nothing about the name people use.
_HOST = "127.0.0.1" if ENVIRONMENT.portal_host in ("0.0.0.0", "::") else ENVIRONMENT.portal_host  # noqa: S104
BASE_URL = ENVIRONMENT.portal_base_url or f"http://{_HOST}:{ENVIRONMENT.portal_port}"
IS_HTTPS = BASE_URL.startswith("https://")
ALLOWED_HOSTS = [
    *ENVIRONMENT.portal_allowed_hosts,
    urlsplit(BASE_URL).hostname or "",
    "127.0.0.1",
    "localhost",
    "[::1]",
]
DEFAULT_MODEL = "Waymore-A1-Instruct-1011"
TRUSTED_PROXIES = ENVIRONMENT.portal_trusted_proxies

INSTALLED_APPS = [
    "accounts.admin_config.OperatorsAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.google",
    "allauth.socialaccount.providers.github",
    "allauth.socialaccount.providers.openid_connect",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "django_otp_webauthn",
    "allauth.usersessions",
    "channels",
    "csp",
    "rest_framework",
    "portal",
    "accounts",
    "usage",
    "apikeys",
    "collections_app",
    "chat",
]

MIDDLEWARE = [
    "portal.observability.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "accounts.two_factor.middleware.SecondFactorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.PersonMiddleware",
]

ROOT_URLCONF = "portal.urls"
ASGI_APPLICATION = "portal.asgi.application"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.profile.appearance.appearance",
                "chat.pages.sidebar.sidebar",
            ],
        },
    },
]

# Data
DATABASES = {
    "default": dj_database_url.parse(
        ENVIRONMENT.database_url or f"sqlite:///{DATA_DIR / 'portal.sqlite3'}",
        conn_max_age=600,
        conn_health_checks=True,
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # IMMEDIATE: a transaction that will write waits for its turn instead of failing half-way.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
else:
    # Statements that come again are prepared: planning the look-up of a key takes longer than running it.
    DATABASES["default"]["OPTIONS"] = {"server_side_binding": True, "prepare_threshold": 5}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = ENVIRONMENT.redis_url
# The channel layer waits 5 s at a time for a message; redis-py's own default would call that dead.
_LAYER = {"address": REDIS_URL, "socket_timeout": 20}
if REDIS_URL:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
    CHANNEL_LAYERS = {
        "default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [_LAYER]}}
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MEDIA_ROOT = DATA_DIR / "uploads"
if ENVIRONMENT.s3_endpoint_url:
    STORAGES["default"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "endpoint_url": ENVIRONMENT.s3_endpoint_url,
            "bucket_name": ENVIRONMENT.s3_bucket,
            "access_key": ENVIRONMENT.s3_access_key,
            "secret_key": ENVIRONMENT.s3_secret_key,
            "region_name": ENVIRONMENT.s3_region,
            "default_acl": "private",
            "file_overwrite": False,
            # Read by way of the disk, not of the memory.
            "max_memory_size": 1024 * 1024,
            # One that is away is found out while a person waits.
            "client_config": S3Config(
                connect_timeout=3, read_timeout=20, retries={"total_max_attempts": 2, "mode": "standard"}
            ),
        },
    }

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "static"]
# Served straight from the apps' folders: a fresh clone needs no collecting step.
WHITENOISE_USE_FINDERS = True

# Tasks
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE = {
    "close-interrupted-usage": {"task": "usage.tasks.close_interrupted", "schedule": 15.0},
    "roll-up-usage": {"task": "usage.tasks.roll_up", "schedule": 60.0},
    "reconcile-usage": {"task": "usage.tasks.reconcile", "schedule": 86_400.0},
    "send-budget-notices": {"task": "usage.tasks.send_budget_notices", "schedule": 300.0},
    "send-key-notices": {"task": "apikeys.tasks.send_notices", "schedule": 300.0},
    "close-interrupted-answers": {"task": "chat.tasks.close_interrupted_answers", "schedule": 15.0},
    "sweep-exports": {"task": "accounts.tasks.sweep_exports", "schedule": 600.0},
    "delete-due-accounts": {"task": "accounts.tasks.delete_due_accounts", "schedule": 600.0},
    "delete-discarded-sessions": {"task": "chat.tasks.delete_discarded_sessions", "schedule": 60.0},
    "empty-stuff-bin": {"task": "collections_app.tasks.empty_bin", "schedule": 3600.0},
    "forget-stored-answers": {"task": "chat.tasks.forget_stored_answers", "schedule": 3600.0},
    # More often than days need: a portal that is never on at night forgets, too.
    "delete-expired-chats": {"task": "chat.tasks.delete_expired_sessions", "schedule": 3600.0},
    "create-usage-partitions": {"task": "usage.tasks.create_partitions", "schedule": 3600.0},
    "drop-old-usage": {"task": "usage.tasks.drop_old_rows", "schedule": 3600.0},
    "sweep-attachments": {"task": "chat.tasks.sweep_attachments", "schedule": 600.0},
}

# Mail
DEFAULT_FROM_EMAIL = "LLM Portal <portal@localhost>"
EMAIL_SUBJECT_PREFIX = ""
MAIL_OUTBOX = None if ENVIRONMENT.email_url else DATA_DIR / "outbox"
if ENVIRONMENT.email_url:
    _mail = dj_email_url.parse(ENVIRONMENT.email_url)
    EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
    EMAIL_HOST, EMAIL_PORT = _mail["EMAIL_HOST"], _mail["EMAIL_PORT"]
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_USER"], _mail["EMAIL_HOST_PASSWORD"]
    EMAIL_USE_TLS, EMAIL_USE_SSL = _mail["EMAIL_USE_TLS"], _mail["EMAIL_USE_SSL"]
    EMAIL_TIMEOUT = 20
    DEFAULT_FROM_EMAIL = _mail.get("DEFAULT_FROM_EMAIL") or DEFAULT_FROM_EMAIL
else:
    EMAIL_BACKEND = "accounts.outbox.OutboxBackend"

# Accounts
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "/login"
LOGIN_REDIRECT_URL = "/chat"
LOGOUT_REDIRECT_URL = "/login"
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if IS_HTTPS else "http"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
ACCOUNT_FORMS = {"reauthenticate": "accounts.forms.ConfirmAccessForm"}
ACCOUNT_RATE_LIMITS = {
    "signup": f"{ENVIRONMENT.portal_sign_up_rate}/ip",
    # The mail of the sign-up itself, and three more.
    "confirm_email": "4/5m/key",
    "resend": "3/5m/key",
    # Of those that succeed too: a whole office may sign in from one address in the morning.
    "login": "300/m/ip",
    "login_failed": ",".join(
        [f"{ENVIRONMENT.portal_sign_in_rate}/key", f"{ENVIRONMENT.portal_sign_in_address_rate}/ip"]
    ),
    "second_factor": f"{ENVIRONMENT.portal_sign_in_rate}/key",
}

# Google, GitHub, the company's own sign-in: those that are configured
SOCIALACCOUNT_ADAPTER = "accounts.social.adapter.SocialAdapter"
SOCIALACCOUNT_EMAIL_VERIFICATION = "mandatory"
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_PROVIDERS = providers.configured(ENVIRONMENT)

# Second factor
REQUIRE_2FA = ENVIRONMENT.portal_require_2fa
OTP_TOTP_ISSUER = "LLM Portal"
OTP_ADMIN_HIDE_SENSITIVE_DATA = True
OTP_WEBAUTHN_HELPER_CLASS = "accounts.two_factor.passkeys.PasskeyHelper"
OTP_WEBAUTHN_RP_NAME = "LLM Portal"
OTP_WEBAUTHN_RP_ID = urlsplit(BASE_URL).hostname
OTP_WEBAUTHN_ALLOWED_ORIGINS = [BASE_URL]

ACCOUNT_SIGNUP_FORM_CLASS = "accounts.signup_form.PolicyForm"
SIGNUP = ENVIRONMENT.portal_signup
SIGNUP_DOMAINS = ENVIRONMENT.portal_signup_domains
DELETION_GRACE = timedelta(days=ENVIRONMENT.portal_deletion_grace_days)
ITEM_VERSIONS = ENVIRONMENT.portal_item_versions
KEEP_CHATS_DAYS = ENVIRONMENT.portal_keep_chats_days
KEEP_LEDGER_MONTHS = ENVIRONMENT.portal_keep_ledger_months
EXPORT_LIFETIME = timedelta(days=ENVIRONMENT.portal_export_days)
GEOIP_PATH = ENVIRONMENT.portal_geoip_path
METRICS_TOKEN = ENVIRONMENT.portal_metrics_token

# Security
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = [BASE_URL]
# The page may be opened by either name of this machine.
SOCKET_ORIGINS = [f"http://{name}:{ENVIRONMENT.portal_port}" for name in ("localhost", "127.0.0.1")]
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
# TLS ends at a proxy; without one that we trust nobody may claim it.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SILENCED_SYSTEM_CHECKS = [
    "otp_webauthn.E031",  # plain http is for this machine: browsers make passkeys on localhost and https only
    "security.W005",  # other subdomains are not ours to decide about
    "security.W008",  # the proxy that ends TLS redirects to it
    "security.W021",  # nor is the browsers' preload list
]
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = ENVIRONMENT.portal_max_body_bytes

# API
KEY_FAILURE_RATE = environment.count_and_seconds(ENVIRONMENT.portal_wrong_key_rate)
FAST_PATH = ENVIRONMENT.portal_fast_path
CORS_ORIGINS = ENVIRONMENT.portal_cors_origins
FETCH_URLS = ENVIRONMENT.portal_fetch_urls
FETCH_ALLOWED_NETWORKS = ENVIRONMENT.portal_fetch_allowed_networks
KEEP_ALIVE_SECONDS = ENVIRONMENT.portal_keep_alive_seconds
RESERVED_OUTPUT_TOKENS = ENVIRONMENT.portal_reserved_output_tokens
REQUEST_LIMITS = {
    "body": ENVIRONMENT.portal_max_body_bytes,
    "depth": ENVIRONMENT.portal_max_depth,
    "messages": ENVIRONMENT.portal_max_messages,
    "tools": ENVIRONMENT.portal_max_tools,
    "text": ENVIRONMENT.portal_max_text_characters,
    "images": ENVIRONMENT.portal_max_images,
    "image": ENVIRONMENT.portal_max_image_bytes,
}
MAX_EMBEDDING_INPUTS = ENVIRONMENT.portal_max_embedding_inputs
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apikeys.authentication.KeyAuthentication",
        "apikeys.authentication.BrowserAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "EXCEPTION_HANDLER": "portal.web.envelope.render_exception",
    "UNAUTHENTICATED_USER": None,
    # `format` in a query is ours: an export has one.
    "URL_FORMAT_OVERRIDE": None,
}

# Language and time
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("el", "Ελληνικά")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"portal": {"level": "INFO"}, "usage": {"level": "INFO"}, "chat": {"level": "INFO"}},
}
