"""The log of what was refused: one line each."""

import logging

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from hmm.accounts.logs import Plainly

pytestmark = pytest.mark.django_db


def logged(caplog, ask):
    """Return the lines a console would show of a request."""
    with caplog.at_level(logging.WARNING, logger="django.request"):
        ask()
    shown = [record for record in caplog.records if Plainly().filter(record)]
    return [logging.Formatter().format(record) for record in shown]


def test_what_the_role_forbids_is_one_line(client, caplog):
    client.force_login(User.objects.create_user("guest"))

    lines = logged(caplog, lambda: client.get(reverse("miner-add")))

    assert lines == ["Forbidden (Permission denied): /miners/add/"]


def test_a_mistyped_form_is_no_news(client, caplog):
    client.force_login(User.objects.create_superuser("keeper"))

    assert logged(caplog, lambda: client.post(reverse("miner-add"), {"address": "8.8.8.8"})) == []
