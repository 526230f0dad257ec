"""Settings, read from the environment; unsafe ones are refused by `serve` and named by `doctor`."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("MINSHENG_DATA") or ROOT / "var").resolve()


def database(url: str, role: str = "") -> dict:
    """Django's settings for postgresql://user:password@host:port/name?host=/socket/folder."""
    parts = urlsplit(url)
    query = {k: v[0] for k, v in parse_qs(parts.query).items()}
    options = {"connect_timeout": 5}
    if role:
        options["options"] = f"-c role={role}"
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host") or parts.hostname or "",
        "PORT": str(parts.port or query.get("port") or ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
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
DATABASES["owner"]["TEST"] = {"MIRROR": "default"}

DEFAULT_SECRET = "not-a-secret-for-trying-out-only"
SECRET_KEY = os.environ.get("MINSHENG_SECRET", DEFAULT_SECRET)
DEBUG = False
DEMO = os.environ.get("MINSHENG_DEMO") == "1"
ALLOWED_HOSTS = os.environ.get("MINSHENG_HOSTS", "localhost,127.0.0.1,[::1],testserver").split(",")
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("MINSHENG_ORIGINS", "").split(",") if o]

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
    "minsheng.measures",
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
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("bo", "བོད་ཡིག"), ("en", "English")]
LOCALE_PATHS = [ROOT / "src" / "minsheng" / "locale"]
