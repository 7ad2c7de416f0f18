"""What cannot be: one list, sent through every door there is; each names the field and stores nothing."""

from dataclasses import dataclass, field
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from energy.models import Tariff
from hmm.audit.models import AuditEntry
from miners.models import Miner, PowerSwitch, TuningProfile
from miners.services.tuning import chips
from strategy.models import BandVersion
from strategy.services.bands import active_version
from tests.api.conftest import Caller

MODES = {"bitaxe_mode": "eco", "nerdqaxe_mode": "eco", "avalon_nano_mode": "low", "nmminer_mode": "fixed"}


@dataclass(frozen=True)
class Impossible:
    """One configuration that cannot be. `api_field` is its name over REST, the page's where empty."""

    kind: str
    field: str
    value: Any
    api_field: str = ""
    more: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.kind} {self.field}={str(self.value)[:12]} {' '.join(map(str, self.more.values()))}".strip()

    @property
    def over_rest(self) -> str:
        return self.api_field or self.field


def band(position, name, value, api_field=""):
    return Impossible("band", name, value, api_field, {"position": position})


LIST = [
    *(
        band(2, "ceiling_p_per_kwh", value)
        for value in ("ten", "NaN", "1e999999999", "2000", "-1", "10", "0.00000001", "")
    ),
    band(6, "ceiling_p_per_kwh", "50"),
    band(2, "target", "XMR", "target_coin"),
    *(band(2, f"{family}_mode", "warp") for family in ("bitaxe", "nerdqaxe", "avalon_nano", "nmminer")),
    band(2, "avalon_nano_mode", "turbo"),
    Impossible("override", "kind", "perhaps"),
    Impossible("override", "band", 1, more={"kind": "on"}),
    Impossible("override", "band", 9, more={"kind": "on"}),
    Impossible("override", "until", "2020-01-01T00:00", more={"kind": "off"}),
    Impossible("override", "until", "soon", more={"kind": "off"}),
    *(Impossible("miner", "poll_interval_s", value) for value in (14, 61, 0, -5, "often")),
    *(Impossible("miner", "name", value) for value in (" ", "x" * 61, "Loft")),
    *(Impossible("profile", "frequency_mhz", value) for value in (1, 2000, -5)),
    *(Impossible("profile", "core_voltage_mv", value) for value in (100, 3000)),
    Impossible("profile", "fan_percent", 5, more={"fan": "fixed"}),
    Impossible("tariff", "region", "I"),
    Impossible("tariff", "region", ""),
    *(Impossible("plug", name, value) for name, value in (("entity", "sensor.desk"), ("entity", "desk"))),
    *(Impossible("plug", "daily_cap", value) for value in (0, 201, "many")),
    *(Impossible("plug", "min_on_minutes", value) for value in (-1, 241)),
    *(Impossible("plug", "respect_hours", value) for value in (0, 169)),
]


@pytest.fixture
def keeper(client, house):
    client.force_login(User.objects.create_superuser("keeper", password="a long pass phrase"))
    BandVersion.objects.all().delete()
    active_version()
    other = Miner.objects.get()
    other.pk, other.mac, other.port, other.name = None, None, 1, "Loft"
    other.save()
    return client


def stored():
    """Return everything a configuration is kept in, and how much the activity has."""
    models = (BandVersion, Miner, TuningProfile, Tariff, PowerSwitch)
    rows = {model.__name__: list(model.objects.order_by("pk").values()) for model in models}
    return rows, AuditEntry.objects.count()


# --- the doors -------------------------------------------------------------------------------------


def sent(case, miner):
    """Return the form as a person would have filled it in, but for the one field."""
    kind, chip = next(iter(chips()))
    forms = {
        "band": {"ceiling_p_per_kwh": "5", "target": "OFF", **MODES},
        "override": {"kind": "on", "lasts": "at" if case.field == "until" else ""},
        "miner": {"name": miner.name, "poll_interval_s": 30, "enrolled": "on", "enabled": "on", "worker_name": "x"},
        "profile": {
            "name": "Calm",
            "chip": f"{kind}:{chip}",
            "frequency_mhz": 490,
            "core_voltage_mv": 1100,
            "fan": "",
        },
        "tariff": {"kind": "octopus_agile", "name": "Agile", "region": "J"},
        "plug": {"entity": "switch.desk", "policy": "house", "respect_hours": 4, "min_on_minutes": 5}
        | {"min_off_minutes": 5, "daily_cap": 24},
    }
    more = {name: value for name, value in case.more.items() if name != "position"}
    hidden = {"position": case.more["position"]} if case.kind == "band" else {"act": "keep"}
    return {**forms[case.kind], **hidden, **more, case.field: case.value}


def page_of(case, miner):
    return {
        "band": lambda: reverse("band-edit", args=[case.more["position"]]),
        "override": lambda: reverse("strategy-override"),
        "miner": lambda: reverse("miner-edit", args=[miner.pk]),
        "profile": lambda: reverse("profiles"),
        "tariff": lambda: reverse("energy-tariff"),
        "plug": lambda: reverse("plug-add"),
    }[case.kind]()


def call_of(case, miner):
    strategy, body = "/api/settings/price-band-strategy", {**case.more, case.over_rest: case.value}
    if case.kind == "band":
        row = active_version().bands.get(position=body.pop("position"))
        return "patch", f"{strategy}/bands/{row.pk}", body
    if case.kind == "tariff":
        return (
            "post",
            "/api/energy/tariffs",
            {"kind": "octopus_agile", "name": "Agile", "config": {"region": case.value}},
        )
    if case.kind == "profile":
        kind, chip = next(iter(chips()))
        values = {"name": "Calm", "kind": kind, "asic_model": chip, "frequency_mhz": 490, "core_voltage_mv": 1100}
        return "post", "/api/profiles", {**values, **body}
    if case.kind == "override":
        return "put", f"{strategy}/override", {"kind": "on", **body}
    return "patch", f"/api/miners/{miner.pk}", body


def admin_of(case, miner):
    """Return where the admin edits such a thing, and what is sent; None where the admin only shows it."""
    if case.kind == "band":
        row = active_version().bands.get(position=case.more["position"])
        return reverse("admin:strategy_band_change", args=[row.pk]), sent(case, miner)
    if case.kind == "miner":
        return reverse("admin:miners_miner_change", args=[miner.pk]), sent(case, miner)
    if case.kind == "profile":
        return reverse("admin:miners_tuningprofile_add"), sent(case, miner)
    if case.kind == "tariff":
        config = {"kind": "octopus_agile", "name": "Agile", "config": f'{{"region": "{case.value}"}}'}
        return reverse("admin:energy_tariff_add"), config
    return None


@pytest.mark.parametrize("kind", sorted({case.kind for case in LIST}))
def test_what_cannot_be_is_refused_at_its_field_by_every_door(keeper, house, kind):
    caller = Caller("admin")
    before = stored()

    for case in (case for case in LIST if case.kind == kind):
        answer = keeper.post(page_of(case, house.miner), sent(case, house.miner), headers={"HX-Request": "true"})
        assert answer.status_code == 422, case
        assert any(words in unescape(answer.content.decode()) for words in errors_in(answer, case.field)), case

        there = admin_of(case, house.miner)
        if there is not None:
            answer = keeper.post(*there)
            assert answer.status_code == 200, f"{case}: the form is shown again"
            name = "config" if kind == "tariff" else case.field
            assert set(answer.context["adminform"].form.errors) == {name}, case

        if kind != "plug":  # plugs have no address over REST
            answer = caller(*call_of(case, house.miner))
            assert answer.status_code == 422, (case, answer.content)
            assert set(answer.json()["fields"]) == {case.over_rest}, (case, answer.json())

    assert stored() == before


def errors_in(answer, name):
    """Return the sentences that a page's forms, or its rows of bands, hold at a field."""
    shown = [value for context in answer.context or () for value in context.flatten().values()]
    rows = [item for value in shown if isinstance(value, list | tuple) for item in value]
    told = [errors[name] for value in (*shown, *rows) if name in (errors := getattr(value, "errors", None) or {})]
    return [str(words[0] if isinstance(words, list) else words) for words in told]
