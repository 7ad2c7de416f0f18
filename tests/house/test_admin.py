"""Every table of ours can be looked at in the admin."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.urls import reverse

from strategy.models import Band, BandVersion
from strategy.services.bands import active_version, pending_version

OURS = [
    model
    for model in apps.get_models()
    if model.__module__.split(".")[0] in {"hmm", "miners", "energy", "strategy", "pools", "notifications"}
]


@pytest.fixture
def keeper(client, db):
    client.force_login(User.objects.create_superuser("keeper"), backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_every_table_of_ours_has_its_list(keeper, model):
    assert admin.site.is_registered(model)

    answer = keeper.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"))

    assert answer.status_code == 200


def band_form(band, **changes):
    modes = {"bitaxe_mode": "eco", "nerdqaxe_mode": "eco", "avalon_nano_mode": "low", "nmminer_mode": "fixed"}
    return {"ceiling_p_per_kwh": str(band.ceiling_p_per_kwh or ""), "target": "DGB", **modes, **changes}


def test_a_band_saved_in_the_admin_is_the_next_version(keeper):
    band = active_version().bands.get(position=2)

    keeper.post(reverse("admin:strategy_band_change", args=[band.pk]), band_form(band))

    assert pending_version().bands.get(position=2).target == "DGB"
    assert Band.objects.get(pk=band.pk).target == "OFF", "the version in force is left alone"


def test_an_impossible_limit_in_the_admin_stores_nothing(keeper):
    band = active_version().bands.get(position=2)

    answer = keeper.post(
        reverse("admin:strategy_band_change", args=[band.pk]), band_form(band, ceiling_p_per_kwh="-5"), follow=True
    )

    assert list(answer.context["adminform"].form.errors) == ["ceiling_p_per_kwh"]
    assert BandVersion.objects.count() == 1
