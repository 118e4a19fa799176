"""All settings, in one file, by environment. `.env.example` documents every variable.

Two environments: `development` (zero set-up: toys are allowed and named) and `production` (nothing falls back to a toy:
`fundsite.checks` and the refusals below stop it).
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from fundsite import demo_logins
from fundsite.keys import development_secret, jwt_keys
from fundsite.logs import logging_config
from fundsite.mongodb import documents_database

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

ENVIRONMENT = env.str("ENVIRONMENT", "development")
if ENVIRONMENT not in ("development", "production"):
    raise ImproperlyConfigured("ENVIRONMENT is development or production")
PRODUCTION = ENVIRONMENT == "production"
DATA_DIR = BASE_DIR / Path(env.str("DATA_DIR", "") or ".data").expanduser()
SITE_NAME = env.str("SITE_NAME", "Fundsite")


def _required(name: str) -> str:
    value: str = env.str(name, "")
    if not value:
        raise ImproperlyConfigured(f"production needs {name}; .env.example says what it is")
    return value


DEBUG = env.bool("DEBUG", False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[] if PRODUCTION else ["localhost", "127.0.0.1", "[::1]"])
if PRODUCTION:
    SECRET_KEY = _required("SECRET_KEY")
    _required("DATABASE_URL")
    if DEBUG:
        raise ImproperlyConfigured("production refuses DEBUG")
    if not ALLOWED_HOSTS or any("*" in host for host in ALLOWED_HOSTS):
        raise ImproperlyConfigured("production needs ALLOWED_HOSTS, each host by name and no wildcard")
else:
    SECRET_KEY = env.str("SECRET_KEY", "") or development_secret(DATA_DIR)

SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])

# --- Applications: ours first, so that our templates win over the admin's -------------------------------------------
INSTALLED_APPS = [
    "fundsite",
    "notifications",
    "funds",
    "banking",
    "accounts",
    "ledger",
    "events",
    "events.documents",
    "core",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "corsheaders",
    "csp",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
]

MIDDLEWARE = [
    "fundsite.middleware.RequestContextMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "csp.middleware.CSPMiddleware",
    "fundsite.middleware.OptionalTrailingSlashMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "fundsite.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "fundsite.middleware.TimeZoneMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "fundsite.middleware.RefusalMiddleware",
]

ROOT_URLCONF = "fundsite.urls"
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
                "fundsite.context_processors.site",
                "notifications.context_processors.badge",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Data --------------------------------------------------------------------------------------------------------
DATABASES = {
    "default": {
        **env.db_url("DATABASE_URL", default="postgres://unset@127.0.0.1:1/unset"),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": env.bool("PGBOUNCER", False),
    }
}
REPLICA_URL = env.str("REPLICA_URL", "")
if REPLICA_URL:
    DATABASES["replica"] = {
        **env.db_url("REPLICA_URL"),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        # One that does not answer is given up in seconds: the primary does.
        "OPTIONS": {
            "connect_timeout": 2,
            "tcp_user_timeout": 2000,
            "keepalives_idle": 2,
            "keepalives_interval": 1,
            "keepalives_count": 2,
            "options": "-c default_transaction_read_only=on",
        },
        "TEST": {"MIRROR": "default"},
    }
REPLICA_MAX_LAG = env.float("REPLICA_MAX_LAG", 5.0)  # seconds behind which the primary answers instead
MONGODB_URL = env.str("MONGODB_URL", "")
if MONGODB_URL:
    DATABASES["documents"] = documents_database(MONGODB_URL)
DATABASE_ROUTERS = ["events.documents.routing.DocumentsRouter", "core.replicas.ReplicaRouter"]
COUCHDB_URL = env.str("COUCHDB_URL", "")
if COUCHDB_URL and not re.fullmatch(r"https?://[^/?#]+/[^/?#]+", COUCHDB_URL):
    raise ImproperlyConfigured("COUCHDB_URL is like http://user:password@host:5984/name, the name included")
BROKER_URL = env.str("BROKER_URL", "")
if BROKER_URL and not re.match(r"(py)?amqps?://", BROKER_URL):
    raise ImproperlyConfigured("BROKER_URL is that of a RabbitMQ: amqp://user:password@host:5672/vhost")
EVENTS_EXCHANGE = env.str("EVENTS_EXCHANGE", "sofipo_events_exchange")
REDIS_URL = env.str("REDIS_URL", "")
CACHES = {
    "default": {
        "BACKEND": "core.caches.RedisOrMemory",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"SOCKET_CONNECT_TIMEOUT": 0.5, "SOCKET_TIMEOUT": 0.5},  # seconds; a sign-in does not wait longer
    }
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}
# What connects those who have news with the sockets of open pages.
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {
            "hosts": [{"address": REDIS_URL, "socket_connect_timeout": 1, "health_check_interval": 15}],  # seconds
            "prefix": "live",
        },
    }
    if REDIS_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}
LIVE_LOOK_SECONDS = env.float("LIVE_LOOK_SECONDS", 20.0)  # between looks at whether a socket's owner is still signed in
SILENCED_SYSTEM_CHECKS = [
    "axes.W002",  # a lockout is answered by `accounts.lockout`, not by a middleware
    "django_ratelimit.W001",  # it knows django-redis by its own name only
    # One process, one memory: a rate limit kept there counts right, which is all that the zero-set-up default is for.
    *([] if REDIS_URL else ["django_ratelimit.E003"]),
]

# --- Who ---------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "accounts.known_passwords.KnownPasswordBackend",
    "accounts.backends.PasswordBackend",
]
DEMO_PASSWORDS = demo_logins.PASSWORDS
PASSWORD_HASHERS = ["accounts.hashers.Argon2"]
# Length, and not being known or one's own name, are what counts: no rule asks for kinds of characters.
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "email", "full_name")},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "accounts.known_passwords.KnownPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "dashboard"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "accounts.forms.sign_in.SignInForm",
    "reauthenticate": "accounts.forms.sign_in.ConfirmForm",
    "signup": "accounts.forms.sign_up.SignUpForm",
    "reset_password": "accounts.forms.passwords.AskForResetForm",
    "reset_password_from_key": "accounts.forms.passwords.ResetForm",
}
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_PREVENT_ENUMERATION = False  # concerns signing up, which says that an address is taken; resetting is ours
ACCOUNT_LOGOUT_REDIRECT_URL = "landing"
ACCOUNT_RATE_LIMITS = False  # ours count page and API together
PASSWORD_RESET_TIMEOUT = 3600  # seconds
MFA_ADAPTER = "accounts.adapter.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "accounts.forms.second_factor.SignInCodeForm",
    "reauthenticate": "accounts.forms.second_factor.ConfirmCodeForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses are not verified here
MFA_TOTP_ISSUER = SITE_NAME
MFA_TOTP_TOLERANCE = 1  # periods of 30 s that a telephone's clock may be off; no code works twice in that time
MFA_RECOVERY_CODE_DIGITS = 10
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION  # browsers allow it for localhost only
# Five failures lock one account for one address out, so nobody can lock somebody else out from another.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "accounts.lockout.account_of"
AXES_CLIENT_IP_CALLABLE = "accounts.lockout.address_of"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True  # the event log has it
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_SENSITIVE_PARAMETERS = ["username", "login", "email", "code", "password1", "password2", "csrfmiddlewaretoken"]
REGISTRATIONS_PER_ADDRESS = env.str("REGISTRATIONS_PER_ADDRESS", "5/m")
LOGINS_PER_ADDRESS = env.str("LOGINS_PER_ADDRESS", "30/m")
RFC_LOOKUPS_PER_ADDRESS = env.str("RFC_LOOKUPS_PER_ADDRESS", "30/m")  # of those who show no staff token
RESETS_PER_ADDRESS = env.str("RESETS_PER_ADDRESS", "5/m")
PASSWORD_CHANGES_PER_ADDRESS = env.str("PASSWORD_CHANGES_PER_ADDRESS", "10/m")

# --- API ---------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.TokenAuthentication",
        "accounts.authentication.BrowserAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["core.api.ExactJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["core.api.OrjsonRenderer", "rest_framework.renderers.BrowsableAPIRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "core.problems.exception_handler",
    "URL_FORMAT_OVERRIDE": None,
}
JWT_ISSUER = env.str("JWT_ISSUER", "fundsite")
JWT_KEYS = jwt_keys(env.list("JWT_KEYS", default=[]), SECRET_KEY)
SIMPLE_JWT = {
    "ALGORITHM": "HS256",
    "SIGNING_KEY": next(iter(JWT_KEYS.values())),
    "ISSUER": JWT_ISSUER,
    "AUDIENCE": f"{JWT_ISSUER}-api",
    "USER_ID_CLAIM": "sub",
}
SPECTACULAR_SETTINGS = {
    "TITLE": f"{SITE_NAME} API",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "PREPROCESSING_HOOKS": ["fundsite.compat.only_versioned"],
    "AUTHENTICATION_WHITELIST": ["accounts.authentication.TokenAuthentication"],
    "RENDERER_WHITELIST": ["core.api.OrjsonRenderer"],
    "SORT_OPERATIONS": False,
    "ENUM_NAME_OVERRIDES": {
        "MovementType": "funds.models.MovementType",
        "Category": "funds.models.Category",
        "NotifyChannel": "accounts.models.NotifyChannel",
        "Role": "accounts.models.Role",
        "Gender": "accounts.models.Gender",
        "Language": "accounts.models.Language",
        "Topic": "notifications.models.Topic",
        "Currency": "banking.models.Currency",
        "AccountState": "ledger.models.AccountState",
        "ScheduleState": "banking.models.ScheduleState",
        "Frequency": "banking.models.Frequency",
        "RunOutcome": "banking.models.RunOutcome",
        "TransferDirection": "banking.queries.transfers.Direction",
        "WantedTransfers": "banking.queries.transfers.Wanted",
    },
}

# --- The audit trail's signed heads: 32 bytes in base64; unset, the key is derived from SECRET_KEY -------------------
AUDIT_SIGNING_KEY = env.str("AUDIT_SIGNING_KEY", "")
if AUDIT_SIGNING_KEY and not re.fullmatch(r"[A-Za-z0-9+/]{43}=", AUDIT_SIGNING_KEY):
    raise ImproperlyConfigured("AUDIT_SIGNING_KEY is 32 random bytes in base64: openssl rand -base64 32")

# --- Banking ---------------------------------------------------------------------------------------------------------
ACCOUNTS_PER_CLIENT = env.int("ACCOUNTS_PER_CLIENT", 10)  # open or frozen; closed ones do not count
# What a client may send to others in a day of their own calendar, by currency; their own accounts are free of it.
DAILY_TRANSFER_LIMIT = {
    "COP": env.int("DAILY_TRANSFER_LIMIT_COP", 20_000_000),
    "USD": env.int("DAILY_TRANSFER_LIMIT_USD", 5_000),
    "MXN": env.int("DAILY_TRANSFER_LIMIT_MXN", 100_000),
    "BRL": env.int("DAILY_TRANSFER_LIMIT_BRL", 25_000),
}
TRANSFERS_PER_ADDRESS = env.str("TRANSFERS_PER_ADDRESS", "60/m")  # each, refused ones too, tells that an account exists
TRANSFER_PREVIEWS_PER_ADDRESS = env.str("TRANSFER_PREVIEWS_PER_ADDRESS", "60/m")  # each tells a masked name
STATEMENT_PDFS_PER_ADDRESS = env.str("STATEMENT_PDFS_PER_ADDRESS", "30/m")
DOCUMENT_LOOKUPS_PER_ADDRESS = env.str("DOCUMENT_LOOKUPS_PER_ADDRESS", "30/m")  # codes tried, by page and API together
DOCUMENT_UPLOADS_PER_ADDRESS = env.str("DOCUMENT_UPLOADS_PER_ADDRESS", "10/m")

# --- Languages and time: pages are Spanish unless chosen, the API follows Accept-Language ---------------------------
LANGUAGE_CODE = "es"
LANGUAGES = [("es", "Español"), ("pt-br", "Português"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "idioma"
TIME_ZONE = "America/Bogota"

# --- Static files --------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
# Production serves what collectstatic gathered; development finds the files where they are.
STATIC_ROOT = env.str("STATIC_ROOT", str(BASE_DIR / ".data" / "static")) if PRODUCTION else None
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_KEEP_ONLY_HASHED_FILES = PRODUCTION

# --- Headers -------------------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    feature: [] for feature in ("camera", "geolocation", "gyroscope", "microphone", "payment", "usb")
}
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", PRODUCTION)
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", 31_536_000 if PRODUCTION else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = PRODUCTION
LANGUAGE_COOKIE_SAMESITE = "Lax"  # as Django has it for the others
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
CORS_URLS_REGEX = r"^/api/"
CORS_EXPOSE_HEADERS = ["Idempotency-Replayed", "Retry-After", "X-Request-ID", "X-Total-Count"]
CORS_ALLOW_HEADERS = ["accept", "accept-language", "authorization", "content-type", "idempotency-key", "x-request-id"]
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", 0)
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- Mail and logs -------------------------------------------------------------------------------------------------
vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", f"{SITE_NAME} <no-responder@localhost>")
EMAIL_TIMEOUT = 5  # seconds
# An Apprise URL with {to} where the number goes; without one, text messages are written to the console.
SMS_URL = env.str("SMS_URL", "")
NOTIFY_WITHIN = timedelta(days=env.int("NOTIFY_WITHIN_DAYS", 3))  # what happened before is shown, no longer sent
# Where the links of messages lead.
_HOME = f"https://{ALLOWED_HOSTS[0]}" if PRODUCTION else f"http://localhost:{env.str('PORT', '') or '8000'}"
SITE_URL = (env.str("SITE_URL", "") or _HOME).rstrip("/")
LOGGING_CONFIG = None
LOG_LEVEL = env.str("LOG_LEVEL", "INFO")
logging_config(level=LOG_LEVEL, console=env.str("LOG_FORMAT", "json") == "console")
