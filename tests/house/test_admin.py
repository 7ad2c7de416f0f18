"""Every table of ours can be looked at in the admin."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.urls import reverse

from hmm.accounts.roles import ADMIN, ROLES
from hmm.accounts.services import give_role
from hmm.audit.models import AuditEntry
from hmm.clock import now as read_clock
from hmm.ops.models import BackupSettings, Chore
from pools.models import Pool
from pools.services import save_pool
from strategy.models import AutomationRule, Band, BandVersion, StrategyState
from strategy.services.bands import active_version, edit_band, pending_version
from strategy.services.switches import strategy_state

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


def test_a_band_saved_in_the_admin_leaves_alone_what_waits_and_was_not_touched(keeper):
    band = active_version().bands.get(position=2)
    edit_band(2, {"target": "BTC", "modes": {"bitaxe": "eco"}}, actor="other", now=read_clock())
    external = dict.fromkeys(
        ("bitaxe_mode", "nerdqaxe_mode", "avalon_nano_mode", "nmminer_mode"), "managed_externally"
    )
    typed = {"ceiling_p_per_kwh": str(band.ceiling_p_per_kwh), "target": band.target, **external}

    keeper.post(reverse("admin:strategy_band_change", args=[band.pk]), {**typed, "nerdqaxe_mode": "eco"})

    kept = pending_version().bands.get(position=2)
    modes = {item.family: item.mode for item in kept.modes.all()}
    assert (kept.target, modes["bitaxe"], modes["nerdqaxe"]) == ("BTC", "eco", "eco")


def test_safety_in_the_admin_goes_the_way_of_the_page(keeper):
    strategy_state()
    url = reverse("admin:strategy_strategystate_change", args=[1])

    wrong = keeper.post(url, {"grace_minutes": "1441", "fail_safe": "panic"})
    right = keeper.post(url, {"grace_minutes": "45", "fail_safe": "hold"})

    assert set(wrong.context["adminform"].form.errors) == {"grace_minutes", "fail_safe"}
    assert right.status_code == 302
    state = StrategyState.objects.get()
    assert (state.grace_minutes, state.fail_safe) == (45, "hold")
    assert AuditEntry.objects.get(action="strategy.settings").actor == "keeper"


def test_how_many_backups_are_kept_goes_the_way_of_the_page(keeper):
    row = BackupSettings.objects.get_or_create(pk=1)[0]

    keeper.post(reverse("admin:ops_backupsettings_change", args=[row.pk]), {"kept": "7"})

    assert BackupSettings.objects.get().kept == 7
    assert AuditEntry.objects.get(action="backup.edit").actor == "keeper"


def test_a_chore_is_to_be_read(keeper):
    chore = Chore.objects.create(name="back up", due_at=read_clock())

    assert keeper.post(reverse("admin:ops_chore_delete", args=[chore.pk]), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("used", [True, False])
def test_a_pool_in_use_stays_and_says_who_uses_it(keeper, used):
    pool = save_pool(Pool(name="Club", coin="BTC", host="club.test", port=3333, wallet="w"), actor="keeper")
    if used:
        AutomationRule.objects.create(
            name="Go there", trigger="overheat", action="pool", pool=pool, created_at=read_clock()
        )

    answer = keeper.post(reverse("admin:pools_pool_delete", args=[pool.pk]), {"post": "yes"})

    assert Pool.objects.exists() == used
    assert (answer.status_code, b"Go there" in answer.content) == ((200, True) if used else (302, False))


def test_a_role_keeps_its_name_and_its_people(keeper):
    role = Group.objects.get_or_create(name=ADMIN)[0]

    deleted = keeper.post(reverse("admin:auth_group_delete", args=[role.pk]), {"post": "yes"})
    keeper.post(reverse("admin:auth_group_change", args=[role.pk]), {"name": "guests"})

    assert deleted.status_code == 403
    assert set(Group.objects.values_list("name", flat=True)) >= {ADMIN} & set(ROLES)


@pytest.mark.parametrize("superuser", [True, False])
def test_nobody_takes_the_administration_away_from_themselves(keeper, superuser):
    me = User.objects.get()
    give_role(me, ADMIN)
    User.objects.update(is_superuser=superuser)
    date = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00"}

    answer = keeper.post(reverse("admin:auth_user_change", args=[me.pk]), {"username": "keeper", **date})
    deleted = keeper.post(reverse("admin:auth_user_delete", args=[me.pk]), {"post": "yes"})

    assert set(answer.context["adminform"].form.errors) == {"is_active", "is_staff", "groups"}
    assert deleted.status_code == 403
    me.refresh_from_db()
    assert me.is_active


def test_an_edit_in_the_admin_writes_only_what_was_changed(keeper, monkeypatch):
    guest = User.objects.create_user("guest", password="of before")
    date = {
        "date_joined_0": guest.date_joined.strftime("%Y-%m-%d"),
        "date_joined_1": guest.date_joined.strftime("%H:%M:%S"),
    }
    loaded = admin.ModelAdmin.get_object

    def then_another_writes(self, request, object_id, from_field=None):
        found = loaded(self, request, object_id, from_field)
        if found is not None and request.method == "POST":
            User.objects.filter(pk=guest.pk).update(password="chosen meanwhile")
        return found

    monkeypatch.setattr(admin.ModelAdmin, "get_object", then_another_writes)
    keeper.post(
        reverse("admin:auth_user_change", args=[guest.pk]), {"username": "visitor", "is_active": "on", **date}
    )

    guest.refresh_from_db()
    assert (guest.username, guest.password) == ("visitor", "chosen meanwhile")
