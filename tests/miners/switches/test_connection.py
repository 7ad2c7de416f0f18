"""The connection: how it is kept, checked, and told of when it is gone."""

from datetime import timedelta

import pytest

from hmm.audit.models import AuditEntry
from miners.models import HomeAssistantServer, Miner, PowerMeter, PowerSwitch, TelemetryReading
from miners.services.home_assistant import claim_check, note_failure, save_connection
from miners.switches.base import TokenRejectedError
from notifications.models import Incident
from notifications.services.incidents import acknowledge
from notifications.transports.telegram.simulator import TelegramSimulator
from tests.notifications.conftest import telegram_channel
from tests.notifications.test_queue import work

pytestmark = pytest.mark.django_db


@pytest.fixture
def phone(settings):
    with TelegramSimulator() as simulator:
        settings.HMM_TELEGRAM_URL = simulator.url
        telegram_channel()
        yield simulator


def server_row():
    return HomeAssistantServer.objects.get()


def down():
    return Incident.objects.open().filter(kind="home_assistant_down").first()


def test_what_there_is_is_found(household):
    found = {item["entity"]: item["kind"] for item in server_row().found}

    assert found["switch.miner_bitaxe"] == "switch"
    assert found["sensor.miner_bitaxe_power"] == "meter"
    assert server_row().version == "2024.3.3"


def test_the_token_is_in_no_log_and_sealed_at_rest(household, django_assert_num_queries):
    sealed = HomeAssistantServer.objects.extra(select={"raw": "token"}).values_list("raw", flat=True)[0]

    assert household.server.token not in sealed
    rows = [f"{row.before}{row.after}" for row in AuditEntry.objects.all()]
    assert not any(household.server.token in row for row in rows)


def test_a_token_is_not_sent_to_another_address(household):
    with pytest.raises(ValueError, match="again"):
        save_connection(
            url="http://192.168.9.9", new_token="", verify_tls=True, enabled=True, actor="x", now=household.now
        )


def test_a_rejection_of_the_token_before_does_not_count_for_the_new_one(household):
    before = server_row()
    save_connection(
        url=before.url,
        new_token="another-long-lived-token-of-this-house",
        verify_tls=True,
        enabled=True,
        actor="keeper",
        now=household.now,
    )

    note_failure(before, TokenRejectedError("It rejects the token."), now=household.now)

    assert server_row().error_code == ""
    assert server_row().due_at == household.now
    assert not Incident.objects.exists()


def test_an_outage_is_told_at_0_5_15_and_30_minutes_and_its_end_once_with_how_long_it_was(household, phone):
    household.walk(60)
    household.server.set_fault("vanish")
    told = []
    for minute in range(34):
        household.walk(60)
        work(household.now)
        told += [minute] * (len(phone.messages) - len(told))
    household.server.set_fault("none")
    household.walk(130)
    work(household.now)

    assert told == [0, 5, 15, 30]
    texts = [sent["text"] for sent in phone.messages]
    assert "Still so, for 30 min." in texts[3]
    assert len(texts) == 5
    assert "<b>Home Assistant</b> is no longer: does not answer" in texts[4]
    assert "Over after 3" in texts[4]
    assert down() is None
    assert AuditEntry.objects.filter(action="home_assistant.up").count() == 1


def test_an_outage_somebody_has_seen_is_told_no_more_until_it_is_over(household, phone):
    household.server.set_fault("vanish")
    household.walk(61)
    work(household.now)
    acknowledge(down(), actor="ann", now=household.now)

    household.walk(8 * 60)
    work(household.now)

    assert len(phone.messages) == 1


def test_one_that_is_taken_out_of_use_while_it_is_down_is_not_said_to_be_back(household):
    household.server.set_fault("vanish")
    household.walk(61)
    assert down() is not None

    save_connection(
        url=household.server.url, new_token="", verify_tls=True, enabled=False, actor="ann", now=household.now
    )

    assert down() is None
    assert not AuditEntry.objects.filter(action="home_assistant.up").exists()


def test_a_dead_server_is_asked_once_a_minute_and_a_rejected_token_rarely(household):
    household.server.token = "another"
    household.walk(60)
    asked = len(household.server.requests)

    household.walk(300)

    assert len(household.server.requests) == asked
    assert Incident.objects.open().filter(kind="home_assistant_token").exists()
    assert down() is None


def test_two_beats_claim_a_check_once(household):
    moment = household.now + timedelta(minutes=2)

    assert [claim_check(now=moment), claim_check(now=moment)] == [True, False]


def test_a_state_that_grew_old_is_unknown_not_off(household):
    household.server.flip("switch.miner_bitaxe", on=False)
    switch = household.plug()
    assert switch.is_on(household.now) is False

    household.server.set_fault("vanish")
    household.walk(200)

    assert PowerSwitch.objects.get().is_on(household.now) is None


def test_while_home_assistant_starts_nothing_is_missing(household):
    switch = household.plug()
    household.server.core_state = "NOT_RUNNING"
    household.server.plugs[switch.entity].trap = "missing"
    household.walk(400)
    assert PowerSwitch.objects.get().state == "unknown"

    household.server.core_state = "RUNNING"
    household.walk(200)
    assert not Incident.objects.open().filter(kind="plug_missing").exists()
    household.walk(200)

    assert Incident.objects.open().filter(kind="plug_missing").exists()


def test_watts_that_flow_through_an_off_plug_are_told(household):
    household.server.flip("switch.miner_bitaxe", on=False)
    switch = household.plug(meter="sensor.miner_bitaxe_power")
    household.server.plugs[switch.entity].is_on = True  # the relay sticks
    household.server.plugs[switch.entity].meter_says = 14.0
    household.server.plugs[switch.entity].is_on = False
    household.server._meter = lambda plug: household.server._object(
        plug.meter, "14.0", {"device_class": "power", "unit_of_measurement": "W"}, 0.0
    )

    household.walk(130)

    assert Incident.objects.open().filter(kind="plug_watts").exists()


def test_a_miner_off_at_its_plug_is_off_and_leaves_no_gap(household):
    miner = Miner.objects.create(
        name="Study", kind="bitaxe", host="192.168.7.9", port=80, trust="full", poll_due_at=household.now
    )
    household.server.flip("switch.miner_bitaxe", on=False)
    household.plug(miners=[miner], meter="sensor.miner_bitaxe_power")

    household.walk(120)

    rows = TelemetryReading.objects.filter(miner=miner)
    assert {row.state for row in rows} == {"p"}
    assert {row.power_w for row in rows} == {0.0}
    assert rows.count() >= 3
    assert PowerMeter.objects.get().power_w == 0.0
