"""Settings, read from the environment; unsafe ones are refused by `serve` and named by `doctor`."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("MINSHENG_DATA") or ROOT / "var").resolve()
POOLER = os.environ.get("MINSHENG_POOLER") == "1"  # DATABASE_URL leads through one that keeps no session: docs/operating/poolers.md


KEEPALIVE = {"keepalives_idle": 3, "keepalives_interval": 1, "keepalives_count": 3, "tcp_user_timeout": 6000}  # a server that was cut off
_OPTIONS = ("passfile", "connect_timeout", "target_session_attrs", "load_balance_hosts", "sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", *KEEPALIVE)


def database(url: str, role: str = "", **more: object) -> dict:
    """Django's settings for postgresql://user:password@host:port,host:port/name?host=/socket/folder&target_session_attrs=read-write."""
    parts = urlsplit(url)
    query = {k: v[0] for k, v in parse_qs(parts.query).items()}
    options: dict[str, object] = {"connect_timeout": 2 if "," in parts.netloc else 5, **KEEPALIVE, **{name: query[name] for name in _OPTIONS if name in query}}
    given = "".join(f" -c {name}={value}" for name, value in more.items())
    if role and unquote(parts.username or "") != role:  # a pooler takes no such option, and needs none
        given = f" -c role={role}{given}"
    if given:
        options["options"] = given.strip()
    places = [re.fullmatch(r"(\[[^]]*\]|[^:]*):?([0-9]*)", one) for one in parts.netloc.rpartition("@")[2].split(",")]
    hosts = [unquote(place[1].strip("[]")) if place else "" for place in places]
    ports = [place[2] if place else "" for place in places]
    return {
        "ENGINE": "minsheng.kit.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host") or ",".join(hosts),
        "PORT": ",".join(ports) if any(ports) else query.get("port", ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": POOLER,
        "OPTIONS": options,
        "TEST": {"NAME": os.environ.get("MINSHENG_TEST_DB") or None},
    }


# The program runs as a role that owns no table (rulings, 15): with one URL it takes that role on after connecting.
DATABASE_URL = os.environ.get("DATABASE_URL", "postgresql:///minsheng")
APP_ROLE = os.environ.get("MINSHENG_APP_ROLE", "minsheng_app")
DATABASES = {
    "default": database(DATABASE_URL, APP_ROLE),
    "owner": database(os.environ.get("MINSHENG_OWNER_URL", DATABASE_URL)),
}
DIRECT = database(os.environ.get("MINSHENG_DIRECT_URL") or DATABASE_URL, APP_ROLE)  # past a pooler: for what needs a session of its own
# Copies that only read, one address after the other with spaces between, and the seconds that they may be behind: kit.replicas
READ_DATABASES = [database(url, APP_ROLE, default_transaction_read_only="on") | {"CONN_MAX_AGE": 60}
                  for url in os.environ.get("DATABASE_READ_URL", "").split()]
for _one in READ_DATABASES:
    _one["OPTIONS"]["connect_timeout"] = 2
READ_LAG = float(os.environ.get("DATABASE_READ_LAG", "10"))
DATABASES["owner"]["TEST"] = {"MIRROR": "default"}

DEFAULT_SECRET = "not-a-secret-for-trying-out-only"
SECRET_KEY = os.environ.get("MINSHENG_SECRET", DEFAULT_SECRET)
DEBUG = False
DEMO = os.environ.get("MINSHENG_DEMO") == "1"
ALLOWED_HOSTS = os.environ.get("MINSHENG_HOSTS", "localhost,127.0.0.1,[::1],testserver").replace(" ", "").split(",")
CSRF_TRUSTED_ORIGINS = [o.strip() for o in os.environ.get("MINSHENG_ORIGINS", "").split(",") if o.strip()]

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "procrastinate.contrib.django",
    "minsheng.kit",
    "minsheng.ledger",
    "minsheng.calendar",
    "minsheng.files",
    "minsheng.language",
    "minsheng.org",
    "minsheng.accounts",
    "minsheng.contacts",
    "minsheng.knowledge",
    "minsheng.messages",
    "minsheng.cases",
    "minsheng.dispatch",
    "minsheng.followup",
    "minsheng.telephony",
    "minsheng.measures",
    "minsheng.inter_agency",
    "minsheng.leader_days",
    "minsheng.oversight",
    "minsheng.field_work",
    "minsheng.topics",
    "minsheng.proofs",
    "minsheng.archive",
    "minsheng.month_end",
    "minsheng.bulletins",
    "minsheng.exchange",
    "minsheng.portal",
    "minsheng.desk",
    "minsheng.board",
    "minsheng.api",
]
AUTH_USER_MODEL = "accounts.Person"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "minsheng.urls"
TIME_ZONE = os.environ.get("MINSHENG_ZONE", "Asia/Shanghai")
USE_TZ = True
CALENDAR = os.environ.get("MINSHENG_CALENDAR", "lhasa")  # which working calendar the city keeps: calendar.library
LOG_MB = int(os.environ.get("MINSHENG_LOG_MB", "200"))  # what the lines of a data folder take at most: kit.log_files
SLOW_MS = int(os.environ.get("MINSHENG_SLOW_MS", "500"))  # a statement that takes longer is written down, without its values
STRICT = os.environ.get("MINSHENG_STRICT") == "1"  # what is in the wrong place is an error and not a line in the log: tests
METRICS_TOKEN = os.environ.get("MINSHENG_METRICS_TOKEN", "")  # who brings it reads /metrics; without one there is none
TELEPHONY = os.environ.get("MINSHENG_TELEPHONY", "none")  # asterisk | simulator | none: `serve --telephony`
ANCHORS_FOLDER = os.environ.get("MINSHENG_ANCHORS_FOLDER", "")  # where anchors are copied, off this machine: cases.actions.anchor_copies
ARCHIVE = os.environ.get("MINSHENG_ARCHIVE", "")  # where the archive lies, DATA/archive without it: archive.places
ANCHORS_COMMAND = os.environ.get("MINSHENG_ANCHORS_COMMAND", "")
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("bo", "བོད་ཡིག"), ("en", "English")]
LOCALE_PATHS = [ROOT / "src" / "minsheng" / "locale"]

MIDDLEWARE = [
    "minsheng.kit.watch.Named",
    "django.middleware.security.SecurityMiddleware",
    "minsheng.kit.headers.Headers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "minsheng.kit.clean_requests.CleanRequests",
    "minsheng.kit.replicas.Remembered",
    "minsheng.kit.api_middleware.Sessions",
    "minsheng.portal.language_middleware.Tongues",
    "django.middleware.common.CommonMiddleware",
    "minsheng.kit.api_middleware.Csrf",
    "minsheng.accounts.middleware.ActorMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "minsheng.kit.refusals.Refusals",
    "minsheng.kit.outage.GivenUp",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request", "django.template.context_processors.static",
                "minsheng.desk.menu.context", "minsheng.desk.heard.context",
            ],
            # Wherever a field is drawn or a case is listed: long lists are typed in, units and matters are named.
            "builtins": ["minsheng.desk.templatetags.typed", "minsheng.desk.templatetags.names"],
        },
    }
]
STATIC_URL = "/static/"
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.AppDirectoriesFinder", "minsheng.kit.assets.VendorFinder"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 3600
WHITENOISE_ALLOW_ALL_ORIGINS = False

LOGIN_URL = "/login"
HTTPS = os.environ.get("MINSHENG_HTTPS") == "1"
# A second step at log-in for administrators and whoever may see full numbers: required | advised | off. The demo only advises it.
SECOND_FACTOR = os.environ.get("MINSHENG_SECOND_FACTOR") or ("advised" if DEMO else "required")
SECOND_FACTOR_GRACE_DAYS = int(os.environ.get("MINSHENG_SECOND_FACTOR_GRACE_DAYS", "14"))  # administrators have none
SESSION_ENGINE = "minsheng.accounts.sessions"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
# A name that begins so is taken by browsers from this very host over HTTPS alone: no neighbour of the domain can plant a session.
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = ("__Host-session", "__Host-csrf") if HTTPS else ("sessionid", "csrftoken")
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 25 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "minsheng.kit.log_words.Wordless"}},
    "filters": {"once": {"()": "minsheng.kit.outage.Once"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line"},
        "lines": {"class": "minsheng.kit.log_words.Lines"},
        "nowhere": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["stderr", "lines"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        # A refusal (403, 404, 409, 422) and a foreign Host header are answers, not faults of ours: the log is for faults.
        "django.request": {"level": "ERROR", "filters": ["once"]},
        "django.security.DisallowedHost": {"handlers": ["nowhere"], "propagate": False},
    },
}
