"""Settings of the test suite: a private data folder, and PostgreSQL when HMM_TEST_DATABASE_URL names one."""

import os
import tempfile

os.environ.setdefault("HMM_DATA_DIR", tempfile.mkdtemp(prefix="hmm-tests-"))
os.environ.setdefault("HMM_SECRET_KEY", "tests-only-secret-key-with-enough-length-to-pass-the-checks")
os.environ.setdefault("HMM_ENCRYPTION_KEY", "tests-only-encryption-key")
os.environ["HMM_DATABASE_URL"] = os.environ.get("HMM_TEST_DATABASE_URL", "")
os.environ["HMM_DEVICE_NETWORKS"] = "127.0.0.0/8"
# Tests walk through minutes and need no budget; they pass with the shipped 6 too, only slower.
os.environ.setdefault("HMM_DEVICE_REQUESTS_PER_MINUTE", "600")
os.environ["HMM_MDNS_LISTEN_S"] = "0"  # tests/miners/test_announcements.py listens
os.environ["TZ"] = "Europe/London"

from hmm.settings import *  # noqa: F403  # the environment has to be set first

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    # A file, as the product has: threads of a test then wait for each other instead of meeting a locked table.
    DATABASES["default"]["TEST"] = {"NAME": os.path.join(os.environ["HMM_DATA_DIR"], "test.sqlite3")}  # noqa: F405
    DATABASES["default"]["OPTIONS"]["init_command"] += " PRAGMA synchronous=OFF;"  # noqa: F405
