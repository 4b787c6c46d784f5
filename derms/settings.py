"""One settings file; the environment decides, and values it does not know stop the start."""

import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlparse
from zoneinfo import ZoneInfo

import django_stubs_ext
from django.core.exceptions import ImproperlyConfigured

from derms import embedded
from derms.lib.networks import networks

# Generic classes of Django take type arguments at run time too.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
IS_TEST = "pytest" in sys.modules
VAR_DIR = embedded.state_folder(BASE_DIR)


def text(name: str, default: str) -> str:
    return os.environ.get(name) or default


def flag(name: str, *, default: bool) -> bool:
    value = text(name, "1" if default else "0").lower()
    if value not in {"0", "1", "true", "false"}:
        raise ImproperlyConfigured(f"{name} is {value!r}; use 1 or 0.")
    return value in {"1", "true"}


def database(url: str) -> dict[str, object]:
    """`postgresql://user:password@host:port/name`, or `...//user@/name?host=/socket/folder`."""
    parts = urlparse(url)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise ImproperlyConfigured("DATABASE_URL must look like postgresql://user@host/name.")
    socket_folder = parse_qs(parts.query).get("host", [""])[0]
    pool_size = int(text("DERMS_DB_POOL", "0"))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.strip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": socket_folder or parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_HEALTH_CHECKS": True,
        # Every trigger of pgtrigger asks for this setting; unset, it costs an error caught in a
        # subtransaction for each row, which made moving ten thousand rows take 20 s.
        "OPTIONS": {
            "connect_timeout": 5,
            "options": "-c pgtrigger.ignore={}",
            **({"pool": {"min_size": 1, "max_size": pool_size}} if pool_size else {}),
        },
    }


# Where things are -------------------------------------------------------------------------------
_own = embedded.urls(VAR_DIR)
DATABASE_URL = text("DATABASE_URL", _own.database)
REDIS_URL = text("REDIS_URL", _own.redis)
if not REDIS_URL.startswith(("redis://", "rediss://", "unix://")):
    raise ImproperlyConfigured("REDIS_URL must begin with redis://, rediss:// or unix://.")
DATABASES = {"default": database(DATABASE_URL)}

# What this installation is ----------------------------------------------------------------------
IS_DEMO = flag("DERMS_DEMO", default=False)
DEBUG = flag("DERMS_DEBUG", default=False)
SITE_NAME = text("DERMS_SITE_NAME", "Demo town" if IS_DEMO else "DERMS")
SECRET_KEY = text("SECRET_KEY", "")
if not SECRET_KEY:
    if not (IS_DEMO or IS_TEST or DEBUG or "DERMS_BUILD" in os.environ):
        # Commands without web, such as discover_device, need no secret worth keeping.
        SECRET_KEY = os.urandom(32).hex()
    else:
        SECRET_KEY = "only-for-the-demonstration-and-the-tests"  # noqa: S105  public on purpose
ALLOWED_HOSTS = text("DERMS_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [
    origin for origin in os.environ.get("DERMS_TRUSTED_ORIGINS", "").split(",") if origin
]
TIME_ZONE = text("DERMS_TIME_ZONE", "UTC")
ZoneInfo(TIME_ZONE)
USE_TZ = True
# What customers read comes in these; staff pages, programs and logs speak the first.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "derms.ui.localised"
CURRENCY = text("DERMS_CURRENCY", "USD")
HELP_PHONE = text("DERMS_HELP_PHONE", "0800 555 0100")
HELP_EMAIL = text("DERMS_HELP_EMAIL", "der-help@utility.example")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "channels",
    "django_filters",
    "django_htmx",
    "django_linear_migrations",
    "drf_spectacular",
    "pghistory",
    "pgtrigger",
    "rest_framework",
    "derms.accounts",
    "derms.ui",
    "customers",
    "interconnection",
    "devices",
    "groups",
    "dispatch",
    "cim",
]
if IS_DEMO:
    INSTALLED_APPS.append("derms.demo")
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "derms.ui.language.PageLanguage",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "pghistory.middleware.HistoryMiddleware",
    "customers.views.looking.LooksAsCustomer",
    "derms.accounts.access.RoleGate",
]
ROOT_URLCONF = "derms.urls"
ASGI_APPLICATION = "derms.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
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
                "derms.ui.context.shell",
            ]
        },
    }
]
# `{{ form }}` and `{{ field.as_field_group }}` come out in the product's own markup.
FORM_RENDERER = "derms.ui.forms.ShellRenderer"
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
# Files of requests and visits; never under a folder that a web server hands out.
PRIVATE_DIR = text("DERMS_PRIVATE_DIR", str(VAR_DIR / "private"))

# Sign-in and safety -----------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_ADAPTER = "derms.accounts.adapter.ClosedSignUp"
ACCOUNT_EMAIL_VERIFICATION = "none"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
# Accounts are opened by the utility, which knows the address.
MFA_ALLOW_UNVERIFIED_EMAIL = True
# Views of these packages do their own checks; RoleGate leaves them alone.
SELF_CHECKING_VIEWS = ("allauth.",)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
_IS_HTTPS = flag("DERMS_HTTPS", default=not (IS_DEMO or IS_TEST or DEBUG))
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SECURE_SSL_REDIRECT = (
    _IS_HTTPS
)
SECURE_HSTS_SECONDS = 31_536_000 if _IS_HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _IS_HTTPS else None
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "style-src-attr": ["'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
        "base-uri": ["'self'"],
    }
}

# Bells, clock and push: everything in Redis may vanish at any time ------------------------------
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_SOFT_TIME_LIMIT = 25
CELERY_TASK_TIME_LIMIT = 30
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 5
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # Above the time limit; kombu's own sweep would come only every 100 s.
    "visibility_timeout": 60,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
}
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")


def _every(task: str, seconds: float, *, expires: float = 0, **options: str) -> dict[str, object]:
    """A bell that is dropped when nobody took it before it rings again."""
    return {
        "task": task,
        "schedule": seconds,
        "options": {"expires": expires or seconds, **options},
    }


CELERY_BEAT_SCHEDULE = {
    "send-notices": _every("customers.tasks.send_due_notices", 2.0),
    "send-letters": _every("customers.tasks.send_letters", 10.0),
    "leave-groups-of-former-companies": _every("groups.tasks.end_lost_memberships", 60.0),
    "run-dispatch-cycle": _every("dispatch.tasks.run_dispatch_cycle", 1.0, expires=2),
    "issue-statements": _every("dispatch.tasks.issue_statements", 120.0, queue="studies"),
    "correct-statements": _every("dispatch.tasks.correct_statements", 3600.0),
    "run-studies": _every("interconnection.tasks.run_studies", 5.0, queue="studies"),
    "answer-restudies": _every("interconnection.tasks.answer_restudies", 5.0),
    "study-again": _every("interconnection.tasks.study_again", 5.0),
    "watch-devices": _every("devices.tasks.watch_devices", 5.0),
    "find-differences": _every("devices.tasks.find_differences", 300.0),
    "propose-visits": _every("devices.tasks.propose_visits", 300.0),
    "continue-lists": _every("devices.tasks.continue_lists", 5.0),
    "keep-connection-limits": _every("devices.tasks.keep_connection_limits", 15.0),
    "roll-up-readings": _every("devices.tasks.roll_up_readings", 20.0),
    "send-alarm-mails": _every("devices.tasks.send_alarm_mails", 10.0),
    "tidy-readings": _every("devices.tasks.tidy_readings", 60.0),
    "end-agreements": _every("interconnection.tasks.end_due_agreements", 300.0),
    "watch-construction": _every("interconnection.tasks.watch_construction", 300.0),
    "end-enrolments": _every("customers.tasks.end_enrolments", 300.0),
    "watch-output": _every("devices.tasks.watch_output", 300.0, queue="studies"),
    "find-offline": _every("devices.tasks.find_offline", 900.0),
    "push-orders": _every("cim.tasks.push_orders", 10.0),
    "keep-partitions": _every("devices.tasks.keep_partitions", 3600.0, expires=600),
}
# redis-py 8's defaults would cut idle sockets after 5 s and refuse the 101st.
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {
            "hosts": [{"address": REDIS_URL, "socket_timeout": None, "max_connections": 5000}]
        },
    }
}

# Gateway ----------------------------------------------------------------------------------------
# Zones that a gateway worker of this process serves; one queue `zone.<name>` each.
GATEWAY_ZONES = [zone for zone in os.environ.get("DERMS_ZONES", "").split(",") if zone]
GATEWAY_LEASE_S = float(text("DERMS_LEASE_S", "10"))
# Where a technician's live test may call: private and documentation ranges unless set otherwise.
_PRIVATE = "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7"
_DOCUMENTED = "192.0.2.0/24,198.51.100.0/24,203.0.113.0/24,2001:db8::/32"
_LOOPBACK = ",127.0.0.0/8,::1/128" if IS_DEMO or IS_TEST else ""
LIVE_TEST_NETWORKS = tuple(
    text("DERMS_LIVE_TEST_NETWORKS", f"{_PRIVATE},{_DOCUMENTED}{_LOOPBACK}").split(",")
)
try:
    networks(LIVE_TEST_NETWORKS)
except ValueError as error:
    raise ImproperlyConfigured(f"DERMS_LIVE_TEST_NETWORKS: {error}") from error
GATEWAY_TIMEOUT_S = float(text("DERMS_MODBUS_TIMEOUT_S", "2"))
# A device that stays silent is asked ever less often, at least this often.
GATEWAY_LONGEST_BACKOFF_S = float(text("DERMS_LONGEST_BACKOFF_S", "60"))
# How often the settings of a device are read and compared with what it should hold.
SLOW_PERIOD_S = float(text("DERMS_SLOW_PERIOD_S", "30"))
READING_PERIOD_S = float(text("DERMS_READING_PERIOD_S", "5"))
READING_STALE_S = float(text("DERMS_STALE_S", "10"))
READING_KEEP_DAYS = int(text("DERMS_READING_KEEP_DAYS", "35"))
# What is made of the readings: minutes, quarters of an hour and days of each device.
MINUTES_KEEP_WEEKS = int(text("DERMS_MINUTES_KEEP_WEEKS", "13"))
QUARTER_HOURS_KEEP_YEARS = int(text("DERMS_QUARTER_HOURS_KEEP_YEARS", "3"))
DAYS_KEEP_YEARS = int(text("DERMS_DAYS_KEEP_YEARS", "20"))

# Mail -------------------------------------------------------------------------------------------
EMAIL_HOST = text("DERMS_SMTP_HOST", "localhost")
EMAIL_PORT = int(text("DERMS_SMTP_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("DERMS_SMTP_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("DERMS_SMTP_PASSWORD", "")
EMAIL_USE_TLS = flag("DERMS_SMTP_TLS", default=False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = text("DERMS_MAIL_FROM", HELP_EMAIL)
# Text messages and calls, by a provider as customers.channels.phone describes; without one by hand.
# What a mail system signs returned mails with; without it they come by `receive_bounce` only.
BOUNCE_SECRET = text("DERMS_BOUNCE_SECRET", "")
PHONE_URL = text("DERMS_PHONE_URL", "").rstrip("/")
if PHONE_URL and not PHONE_URL.startswith(("https://", "http://")):
    raise ImproperlyConfigured("DERMS_PHONE_URL must begin with https:// or http://.")
PHONE_ACCOUNT = text("DERMS_PHONE_ACCOUNT", "")
PHONE_TOKEN = text("DERMS_PHONE_TOKEN", "")
PHONE_SENDER = text("DERMS_PHONE_SENDER", "")
if PHONE_URL and not (PHONE_ACCOUNT and PHONE_TOKEN and PHONE_SENDER):
    raise ImproperlyConfigured(
        "DERMS_PHONE_URL needs DERMS_PHONE_ACCOUNT, DERMS_PHONE_TOKEN and DERMS_PHONE_SENDER."
    )
# Where the pages are, for links in mails.
# A work-management system that is told of field orders (IEC 61968-6 by POST); empty: nobody is.
WMS_URL = text("DERMS_WMS_URL", "")
if WMS_URL and not WMS_URL.startswith(("https://", "http://")):
    raise ImproperlyConfigured("DERMS_WMS_URL must begin with https:// or http://.")
WMS_AUTHORIZATION = text("DERMS_WMS_AUTHORIZATION", "")
SITE_URL = text("DERMS_URL", f"http://localhost:{text('PORT', '8000')}").rstrip("/")

# Alarms -----------------------------------------------------------------------------------------
GRID_FREQUENCY_HZ = float(text("DERMS_GRID_HZ", "60"))
# What differs from the defaults of devices.alarming.policy.
ALARM_POLICY: dict[str, Any] = {
    "group_from": int(text("DERMS_ALARM_GROUP_FROM", "10")),
    "shelve_max_h": int(text("DERMS_ALARM_SHELVE_MAX_H", "8")),
    "operators_on_duty": int(text("DERMS_OPERATORS_ON_DUTY", "1")),
    # Minutes without acknowledgement until operators get a mail, by priority.
    "escalate_after_min": {
        priority: float(minutes)
        for priority, default in ((1, "5"), (2, "15"), (3, "never"), (4, "never"))
        if (minutes := text(f"DERMS_ALARM_MAIL_{priority}_MIN", default)) != "never"
    },
}

# Care of PV systems: levels and days of devices.maintenance.course.Policy, checked at the start.
_CARE_USUAL = {"watch_ratio": "0.90", "maintenance_ratio": "0.85", "well_ratio": "0.95"}
_CARE_USUAL |= {"first_days_ratio": "0.60", "off_hours": "2", "off_tell_hours": "4"}
_CARE_USUAL |= {"open_days": "3", "tell_days": "5", "well_days": "3"}
CARE_POLICY: dict[str, Any] = {
    name: None if (typed := text(f"DERMS_CARE_{name.upper()}", usual)) == "never"
    else int(typed) if name.endswith("_days") else float(typed)
    for name, usual in _CARE_USUAL.items()
}  # fmt: skip

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "derms.accounts.api.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["derms.accounts.api.RoleMayOpen"],
    "DEFAULT_PAGINATION_CLASS": "derms.lib.api.Pages",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "derms.lib.api.answer_errors",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}
# How many requests one token may make in a minute.
API_PER_MINUTE = int(text("DERMS_API_PER_MINUTE", "1200"))
SPECTACULAR_SETTINGS = {
    "TITLE": "DERMS",
    "DESCRIPTION": "Everything the pages can do, for programs. Powers in W, injection positive.",
    "VERSION": "1",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
}
PGHISTORY_APPEND_ONLY = True
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": text("DERMS_LOG_LEVEL", "INFO")},
}
