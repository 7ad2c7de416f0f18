"""Every setting of the product. All variables are `HMM_*`, plus `TZ`, `PUID` and `PGID`.

A damaged value refuses to start with a line that names the variable and the remedy.
"""

import ipaddress
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import django_stubs_ext
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from hmm import schedule
from hmm.databases import database
from hmm.environment import (
    address,
    choice,
    data_secret,
    embedded_redis_socket,
    environment,
    integer,
    read_environment,
    refuse_old_names,
    shaped,
    truth,
)

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
read_environment(BASE_DIR / ".env")
refuse_old_names()

# --- where things live -------------------------------------------------------------------------
HMM_DATA_DIR = Path(environment.str("HMM_DATA_DIR", default=str(BASE_DIR / "data"))).expanduser().resolve()
HMM_BACKUP_DIR = (
    Path(environment.str("HMM_BACKUP_DIR", default="") or HMM_DATA_DIR / "backups").expanduser().resolve()
)
HMM_WEB_PORT = integer("HMM_WEB_PORT", 8080, low=1, high=65535)
HMM_WEB_ADDRESS = environment.str("HMM_WEB_ADDRESS", default="0.0.0.0")
HMM_VERSION = environment.str("HMM_VERSION", default="0.1.0")
HMM_DEMO = truth("HMM_DEMO", default=False)

# --- keys ----------------------------------------------------------------------------------------
SECRET_KEY = environment.str("HMM_SECRET_KEY", default="") or data_secret(HMM_DATA_DIR, "secret_key")
HMM_ENCRYPTION_KEY = environment.str("HMM_ENCRYPTION_KEY", default="") or data_secret(HMM_DATA_DIR, "encryption_key")
HMM_API_KEY = environment.str("HMM_API_KEY", default="")
HMM_API_AUTH_ENABLED = truth("HMM_API_AUTH_ENABLED", default=True)
HMM_API_CALLS_PER_MINUTE = integer("HMM_API_CALLS_PER_MINUTE", 3600, low=10, high=1_000_000)

# --- the household -------------------------------------------------------------------------------
TIME_ZONE = environment.str("TZ", default="Europe/London") or "Europe/London"
try:
    ZoneInfo(TIME_ZONE)
except (KeyError, ValueError, OSError) as error:
    raise ImproperlyConfigured(f"TZ is {TIME_ZONE!r}, which is no time zone. Try Europe/London.") from error
USE_TZ = True
LANGUAGE_CODE = "en-gb"
USE_I18N = False

# --- the outside world ---------------------------------------------------------------------------
HMM_DEVICE_NETWORKS = environment.list("HMM_DEVICE_NETWORKS", default=[])
try:
    HMM_DEVICE_NETWORKS = [ipaddress.ip_network(text.strip()) for text in HMM_DEVICE_NETWORKS if text.strip()]
except ValueError as error:
    raise ImproperlyConfigured(
        f"HMM_DEVICE_NETWORKS: {error}. Write networks such as 100.64.0.0/10, separated by commas."
    ) from error
HMM_DEVICE_REQUESTS_PER_MINUTE = integer("HMM_DEVICE_REQUESTS_PER_MINUTE", 6, low=6, high=600)
HMM_MDNS_LISTEN_S = integer("HMM_MDNS_LISTEN_S", 3, low=0, high=30)
# Devices that tell their readings by themselves; 0 switches the listening off.
HMM_NMMINER_UDP_PORT = integer("HMM_NMMINER_UDP_PORT", 12345, low=0, high=65535)
HMM_NMMINER_CONFIGURATION_PORT = integer("HMM_NMMINER_CONFIGURATION_PORT", 12347, low=1, high=65535)
HMM_UDP_PORTS = {"nmminer": HMM_NMMINER_UDP_PORT}
HMM_CONFIGURATION_PORTS = {"nmminer": HMM_NMMINER_CONFIGURATION_PORT}
HMM_OCTOPUS_URL = address("HMM_OCTOPUS_URL", "https://api.octopus.energy/v1/")
HMM_TELEGRAM_URL = address("HMM_TELEGRAM_URL", "https://api.telegram.org")
HMM_DISCORD_URL = address("HMM_DISCORD_URL", "https://discord.com/api")
HMM_PUBLIC_URL = address("HMM_PUBLIC_URL", "")
HMM_SOLOPOOL_URL = address("HMM_SOLOPOOL_URL", "https://{coin}.solopool.org/api")
HMM_BRAIINS_URL = address("HMM_BRAIINS_URL", "https://pool.braiins.com")
HMM_CKPOOL_URL = address("HMM_CKPOOL_URL", "https://solo.ckpool.org")
HMM_CKPOOL_FOLDER = environment.str("HMM_CKPOOL_FOLDER", default="")
HMM_PUBLIC_POOL_URL = address("HMM_PUBLIC_POOL_URL", "https://public-pool.io:40557/api")
HMM_COINGECKO_URL = address("HMM_COINGECKO_URL", "https://api.coingecko.com/api/v3")
HMM_COINBASE_URL = address("HMM_COINBASE_URL", "https://api.coinbase.com/v2")
HMM_MEMPOOL_URL = address("HMM_MEMPOOL_URL", "https://mempool.space/api")
HMM_BITCOIN_II_URL = address("HMM_BITCOIN_II_URL", "https://bc2mempool.com/api")
HMM_WHATTOMINE_URL = address("HMM_WHATTOMINE_URL", "https://whattomine.com")
HMM_BLOCKCHAIR_URL = address("HMM_BLOCKCHAIR_URL", "https://api.blockchair.com")
HMM_GITHUB_URL = address("HMM_GITHUB_URL", "https://api.github.com")
HMM_UPDATES_REPOSITORY = shaped(
    "HMM_UPDATES_REPOSITORY", r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}", "owner/name"
)

# --- history -------------------------------------------------------------------------------------
HMM_KEEP_RAW_DAYS = integer("HMM_KEEP_RAW_DAYS", 7, low=1, high=400)
HMM_KEEP_FIVE_MINUTE_DAYS = integer("HMM_KEEP_FIVE_MINUTE_DAYS", 90, low=2, high=2000)
HMM_KEEP_HOURLY_DAYS = integer("HMM_KEEP_HOURLY_DAYS", 1095, low=31, high=5000)

# --- web -----------------------------------------------------------------------------------------
DEBUG = truth("HMM_DEBUG", default=False)
ALLOWED_HOSTS = environment.list("HMM_ALLOWED_HOSTS", default=["*"])
CSRF_TRUSTED_ORIGINS = environment.list("HMM_TRUSTED_ORIGINS", default=[])
HMM_HTTPS = truth("HMM_HTTPS", default=False)
if HMM_HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = HMM_HTTPS
CSRF_COOKIE_SECURE = HMM_HTTPS
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
SESSION_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "channels",
    "crispy_bootstrap5",
    "crispy_forms",
    "csp",
    "django_htmx",
    "ninja",
    "hmm.look",
    "hmm.accounts",
    "hmm.audit",
    "hmm.live",
    "hmm.jobs",
    "hmm.ops",
    "notifications",
    "pools",
    "miners",
    "energy",
    "strategy",
    "hmm.chat",
    "hmm.setup",
    "hmm.dashboards",
    "hmm.updates",
    "hmm.demo",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "hmm.rest.ApiFormMiddleware",
    "csp.middleware.CSPMiddleware",
    "hmm.accounts.middleware.WithoutNul",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "hmm.accounts.middleware.HouseLoginMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "hmm.htmx.ActsLeadBack",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "hmm.urls"
ASGI_APPLICATION = "hmm.asgi.application"
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
                "hmm.dashboards.contexts.shell",
            ],
        },
    },
]
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

STATIC_URL = "/static/"
STATIC_ROOT = Path(environment.str("HMM_STATIC_DIR", default=str(HMM_DATA_DIR / "static")))
STATICFILES_DIRS: list[Any] = [
    BASE_DIR / "static",
    ("vendor/bootstrap", BASE_DIR / "node_modules/bootstrap/dist/css"),
    ("vendor/uplot", BASE_DIR / "node_modules/uplot/dist"),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- people --------------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "hmm.accounts.backends.RoleBackend",
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "accounts/locked.html"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False

# --- database ------------------------------------------------------------------------------------
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
HMM_DATABASE_URL = environment.str("HMM_DATABASE_URL", default="")
DATABASES = {"default": database(HMM_DATABASE_URL, HMM_DATA_DIR)}

# --- Redis: broker, channel layer, cache; holds nothing that may not be lost ---------------------
HMM_REDIS_URL = address("HMM_REDIS_URL", "", schemes=("redis", "rediss", "unix"))
REDIS_URL = HMM_REDIS_URL or f"unix://{embedded_redis_socket(HMM_DATA_DIR)}"
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_timeout": None}], "prefix": "hmm"},
    }
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}

# --- Celery --------------------------------------------------------------------------------------
HMM_WORKER_THREADS = integer("HMM_WORKER_THREADS", 32, low=2, high=256)
CELERY_BROKER_URL = (
    f"redis+socket://{REDIS_URL.removeprefix('unix://')}" if REDIS_URL.startswith("unix://") else REDIS_URL
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 30, "socket_connect_timeout": 5}
CELERY_WORKER_POOL = "threads"
CELERY_WORKER_CONCURRENCY = HMM_WORKER_THREADS
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True  # of those with late ack, so none; else it warns
CELERY_WORKER_ENABLE_PREFETCH_COUNT_REDUCTION = False
CELERY_TIMEZONE = "UTC"
CELERY_ENABLE_UTC = True
CELERY_BEAT_SCHEDULER = "hmm.ops.beat:MemoryScheduler"
CELERY_WORKER_CONSUMER = "hmm.ops.worker:QuickConsumer"
CELERY_BEAT_SCHEDULE = schedule.BEATS
HMM_CHORES = schedule.CHORES
HMM_JOBS = schedule.JOBS
HMM_AFTER_RESTORE = schedule.AFTER_RESTORE

# --- logs ----------------------------------------------------------------------------------------
HMM_LOG_LEVEL = choice("HMM_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "filters": {"plainly": {"()": "hmm.accounts.logs.Plainly"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["plainly"]}},
    "root": {"handlers": ["console"], "level": HMM_LOG_LEVEL},
    # A task a second each way is no news; what goes wrong still is.
    "loggers": {
        name: {"level": "WARNING"}
        for name in ("celery.beat", "celery.app.trace", "celery.worker.strategy", "daphne", "kombu", "axes")
    },
}
