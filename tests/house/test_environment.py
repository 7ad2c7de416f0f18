"""The example environment, settings.py and the containers speak of the same variables."""

import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from django.core.exceptions import ImproperlyConfigured

from hmm.environment import address, choice, integer, shaped, truth
from tests.house.test_imports import ROOT

PUBLIC_ADDRESSES = {"HMM_OCTOPUS_URL", "HMM_TELEGRAM_URL", "HMM_DISCORD_URL"}
CONTAINERS_ONLY = {"PUID", "PGID"}


def settings_variables():
    text = (ROOT / "hmm" / "settings.py").read_text(encoding="utf-8")
    return set(re.findall(r"(?:environment\.\w+|integer|truth|choice|address|shaped)\(\s*\"([A-Z_]+)\"", text))


def example_variables():
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    return re.findall(r"^#([A-Z_]+)=", text, re.MULTILINE)


def test_the_version_is_the_same_wherever_it_is_written():
    """Whether a release is newer is asked of the one in settings.py."""
    places = {
        "pyproject.toml": r'^version = "(.+)"$',
        "hmm/settings.py": r'HMM_VERSION", default="(.+)"',
        "docker-compose.yml": r"HMM_VERSION:-(.+?)}",
        ".env.example": r"^#HMM_VERSION=(.+)$",
        "docs/operate/settings.md": r"^\| `HMM_VERSION` \| `(.+?)`",
    }

    found = {
        name: set(re.findall(pattern, (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))
        for name, pattern in places.items()
    }

    assert len(set().union(*found.values())) == 1, found
    assert all(found.values()), found


def compose():
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))


def test_the_example_names_every_setting_once_and_no_other():
    assert sorted(example_variables()) == sorted(settings_variables() | CONTAINERS_ONLY)


def test_each_line_of_the_example_is_explained():
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()

    for before, line in pairwise(lines):
        if re.match(r"#[A-Z_]+=", line):
            assert re.match(r"# [A-Za-z]", before), line


def test_no_other_variables_are_read():
    allowed = {"DJANGO_SETTINGS_MODULE"}
    for path in [*(ROOT / "hmm").rglob("*.py"), *(ROOT / "miners").rglob("*.py")]:
        found = set(re.findall(r"environ(?:\.get\(|\[)\"([A-Z_]+)\"", Path(path).read_text(encoding="utf-8")))
        assert found <= allowed, path


def test_compose_starts_every_process_with_a_health_check():
    services = compose()["services"]

    assert {"web", "worker", "beat", "listeners", "redis", "postgres"} <= set(services)
    for name, service in services.items():
        check = service["healthcheck"]
        assert check.get("test") or (name == "keys" and check == {"disable": True}), name


def test_compose_keeps_what_matters_in_named_volumes():
    description = compose()

    mounted = {volume.split(":")[0] for service in description["services"].values() for volume in service["volumes"]}

    assert mounted == set(description["volumes"])
    assert "postgres:/var/lib/postgresql/data" in description["services"]["postgres"]["volumes"]


def test_compose_knows_no_password():
    for name, service in compose()["services"].items():
        for variable, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|KEY$|_URL", variable) and variable not in PUBLIC_ADDRESSES:
                assert variable.endswith("_FILE") or value == f"${{{variable}:-}}", (name, variable)


def test_compose_publishes_the_pages_only():
    published = {name for name, service in compose()["services"].items() if "ports" in service}

    assert published == {"web"}


def test_broadcasts_are_heard_with_the_second_file_and_nothing_is_open_to_the_network():
    more = yaml.safe_load((ROOT / "docker-compose.lan.yml").read_text(encoding="utf-8"))["services"]

    assert more["listeners"]["network_mode"] == "host"
    assert set(more) <= set(compose()["services"])
    published = [port for service in more.values() for port in service.get("ports", [])]
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_compose_uses_variables_of_the_example_only():
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")

    used = set(re.findall(r"\$\{([A-Z_]+)[:}]", text))

    assert used <= set(example_variables())


def test_compose_hands_every_household_setting_on():
    given = {name.removesuffix("_FILE") for name in compose()["services"]["web"]["environment"]}
    fixed = {
        "HMM_DATA_DIR",
        "HMM_STATIC_DIR",
        "HMM_WEB_PORT",
        "HMM_WEB_ADDRESS",
        "HMM_VERSION",
        "HMM_DEMO",
        "HMM_DEBUG",
    }
    generated = {"HMM_SECRET_KEY", "HMM_ENCRYPTION_KEY"}

    assert given == set(example_variables()) - fixed - generated


def test_the_page_of_settings_names_them_all():
    text = (ROOT / "docs" / "operate" / "settings.md").read_text(encoding="utf-8")

    assert re.findall(r"^\| `([A-Z_]+)`", text, re.MULTILINE) == example_variables()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("HMM_API_AUTH_ENABLED", "flase", "must be true or false"),
        ("HMM_LOG_LEVEL", "loud", "one of DEBUG, INFO"),
        ("HMM_REDIS_URL", "foo://x", "redis:// or rediss:// or unix://"),
        ("HMM_OCTOPUS_URL", "nonsense", "http:// or https://"),
        ("HMM_UPDATES_REPOSITORY", "https://github.com/a/b", "write it like owner/name"),
        ("HMM_WEB_PORT", "99999", "from 1 to 65535"),
        ("HMM_WEB_PORT", "web", "a whole number"),
    ],
)
def test_a_damaged_value_is_refused_with_its_name_and_what_it_may_be(monkeypatch, name, value, words):
    monkeypatch.setenv(name, value)
    reads = {
        "HMM_API_AUTH_ENABLED": lambda: truth(name, default=True),
        "HMM_LOG_LEVEL": lambda: choice(name, "INFO", ("DEBUG", "INFO")),
        "HMM_REDIS_URL": lambda: address(name, "", schemes=("redis", "rediss", "unix")),
        "HMM_OCTOPUS_URL": lambda: address(name, ""),
        "HMM_UPDATES_REPOSITORY": lambda: shaped(name, r"[a-z]+/[a-z]+", "owner/name"),
        "HMM_WEB_PORT": lambda: integer(name, 8080, low=1, high=65535),
    }

    with pytest.raises(ImproperlyConfigured, match=f"{name}.*{words}"):
        reads[name]()


def test_what_is_not_set_or_empty_is_the_default(monkeypatch):
    monkeypatch.setenv("HMM_DEBUG", "")
    monkeypatch.delenv("HMM_OCTOPUS_URL", raising=False)

    assert truth("HMM_DEBUG", default=False) is False
    assert address("HMM_OCTOPUS_URL", "https://feed.example") == "https://feed.example"


def test_a_setting_that_cannot_be_is_one_line_and_no_traceback(tmp_path):
    given = {**os.environ, "HMM_DATA_DIR": str(tmp_path), "HMM_WEB_PORT": "0"}
    done = subprocess.run(
        [sys.executable, "manage.py", "up"],
        cwd=ROOT,
        env=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 1
    assert done.stderr == "Error: HMM_WEB_PORT is 0; it must be from 1 to 65535.\n"
