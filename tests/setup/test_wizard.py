"""The first start: one link, one account, and steps that can be skipped."""

import json
import logging
import threading
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from energy.services.refresh import choose_tariff
from hmm.accounts.access import role_of
from hmm.audit.models import AuditEntry
from hmm.clock import now as read_clock
from hmm.jobs.models import Job
from hmm.setup.models import SetupLink
from hmm.setup.services import greeting, setup_link
from miners.models import Miner
from pools.models import Pool
from strategy.services.switches import strategy_state

pytestmark = pytest.mark.django_db

PASSWORD = "a long pass phrase"
TYPED = {"username": "keeper", "password1": PASSWORD, "password2": PASSWORD}


def path_of(link):
    return "/" + link.split("/", 3)[3]


@pytest.fixture
def keeper(client):
    client.force_login(User.objects.create_superuser("keeper", password=PASSWORD))
    return client


def test_the_link_makes_the_first_account_signs_it_in_and_goes_on(client):
    answer = client.post(path_of(setup_link()), TYPED)

    assert answer["Location"] == reverse("setup-tariff")
    assert client.get(answer["Location"]).status_code == 200
    user = User.objects.get()
    assert (user.is_superuser, role_of(user)) == (True, "admin")
    assert AuditEntry.objects.get(action="account.add").actor == "keeper"


def test_a_used_link_is_of_no_use(client):
    address = path_of(setup_link())
    client.post(address, TYPED)

    for visitor in (client, Client()):
        assert visitor.get(address).status_code == 410
        assert visitor.post(address, {**TYPED, "username": "second"}).status_code == 410
    assert User.objects.count() == 1


def test_a_link_is_of_no_use_once_there_is_an_account(client):
    address = path_of(setup_link())
    User.objects.create_superuser("keeper")

    assert client.get(address).status_code == 410
    assert client.post(address, {**TYPED, "username": "second"}).status_code == 410
    assert setup_link() is None
    assert greeting() == []


def test_a_new_link_ends_the_one_before(client):
    first, second = path_of(setup_link()), path_of(setup_link())

    assert client.get(first).status_code == 410
    assert client.get(second).status_code == 200


def test_a_guessed_link_is_refused(client):
    setup_link()

    assert client.get("/setup/guess/").status_code == 410


def test_only_the_digest_of_a_link_is_kept_and_no_log_holds_the_password(client, caplog):
    caplog.set_level(logging.DEBUG)
    address = path_of(setup_link())

    assert address.split("/")[2] not in str(SetupLink.objects.values().get())
    client.post(address, TYPED)
    assert PASSWORD not in caplog.text


def test_a_weak_password_is_refused_and_the_link_lives_on(client):
    address = path_of(setup_link())

    answer = client.post(address, {**TYPED, "password1": "short", "password2": "short"})

    assert answer.status_code == 422
    assert "at least 10 characters" in answer.content.decode()
    assert client.post(address, TYPED).status_code == 302


@pytest.mark.postgres  # the tests' SQLite lives in memory, where threads do not wait for each other's locks
@pytest.mark.django_db(transaction=True)
def test_a_double_submit_makes_one_account():
    with transaction.atomic():
        address = path_of(setup_link())
    codes = []

    def submit(name):
        codes.append(Client().post(address, {**TYPED, "username": name}).status_code)
        connection.close()

    threads = [threading.Thread(target=submit, args=[f"keeper{number}"]) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(codes) == [302, 410]
    assert User.objects.count() == 1


def test_the_command_prints_the_link_and_refuses_once_there_is_an_account():
    out = StringIO()
    document = StringIO()
    call_command("setup_link", stdout=out)
    call_command("setup_link", "--json", stdout=document)
    User.objects.create_superuser("keeper")

    assert "/setup/" in out.getvalue()
    assert "/setup/" in json.loads(document.getvalue())["link"]
    with pytest.raises(CommandError, match="already"):
        call_command("setup_link")


@pytest.mark.parametrize("step", ["setup-tariff", "setup-miners", "setup-pool", "setup-preview"])
def test_every_step_opens_and_can_be_skipped(keeper, step):
    page = keeper.get(reverse(step))

    assert page.status_code == 200
    assert "Skip for now" in page.content.decode() or "Finish" in page.content.decode()


def test_the_steps_are_for_people_who_may_operate(client):
    client.force_login(User.objects.create_user("guest"))

    assert client.get(reverse("setup-tariff")).status_code == 403


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"postcode": "", "region": ""}, "postcode or choose a region"),
        ({"postcode": "nonsense!", "region": ""}, "Write a postcode such as"),
        ({"postcode": "", "region": "I"}, "Choose one of the fourteen regions"),
    ],
)
def test_a_wrong_place_is_refused_at_the_field(keeper, typed, says):
    answer = keeper.post(reverse("setup-tariff"), typed)

    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not Job.objects.exists()


def test_a_postcode_becomes_a_job_and_no_request_waits_for_the_network(keeper):
    answer = keeper.post(reverse("setup-tariff"), {"postcode": "bn1 1ae", "region": ""})

    job = Job.objects.get()
    assert (job.kind, job.arguments) == ("find_region", {"postcode": "BN1 1AE"})
    assert answer["Location"].endswith(f"?job={job.pk}")
    assert job.title in keeper.get(answer["Location"]).content.decode()


@pytest.mark.parametrize(
    ("act", "typed", "says"),
    [
        ("type", {"addresses": "8.8.8.8"}, "private"),
        ("type", {"addresses": "   "}, "field is required"),
        ("type", {"addresses": "192.168.1.40, http://"}, ""),
        ("type", {"addresses": " ".join(f"192.168.1.{number}" for number in range(101))}, "At most 100"),
        ("scan", {"network": "0.0.0.0/0"}, "at most"),
        ("scan", {"network": "8.8.8.0/24"}, "not a private network"),
        ("scan", {"network": "kitchen"}, "Write it like"),
    ],
)
def test_a_wrong_address_is_refused_at_once_and_stays_in_the_field(keeper, act, typed, says):
    answer = keeper.post(reverse("setup-miners"), {"act": act, **typed})

    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert next(iter(typed.values())).strip() in answer.content.decode()
    assert not Job.objects.exists()


def test_addresses_become_one_job(keeper):
    keeper.post(reverse("setup-miners"), {"act": "type", "addresses": "192.168.1.40\n192.168.1.41, 192.168.1.40"})

    assert Job.objects.get().arguments == {"addresses": ["192.168.1.40", "192.168.1.41"]}


def test_a_pool_is_added_and_its_password_neither_shown_nor_logged(keeper, caplog):
    caplog.set_level(logging.DEBUG)
    typed = {
        "name": "Solo",
        "coin": "BTC",
        "reward_model": "solo",
        "host": "pool.example.net",
        "port": 3333,
        "wallet": "bc1qexample",
        "priority": 1,
        "enabled": "on",
        "new_password": "hunter2-4711",
    }

    assert keeper.post(reverse("setup-pool"), {**typed, "port": 99999}).status_code == 422
    assert keeper.post(reverse("setup-pool"), typed).status_code == 302

    assert Pool.objects.get().password == "hunter2-4711"
    assert "hunter2-4711" not in keeper.get(reverse("setup-pool")).content.decode()
    assert "hunter2-4711" not in keeper.get(reverse("activity")).content.decode()
    assert "hunter2-4711" not in str(list(AuditEntry.objects.values())) + caplog.text


def test_nothing_is_switched_before_the_household_says_so(keeper):
    keeper.get(reverse("setup-preview"))
    keeper.post(reverse("setup-finish"))

    assert not strategy_state().enabled


def test_what_was_ticked_at_the_end_is_done(keeper):
    moment = AuditEntry.objects.count()
    keeper.post(reverse("setup-finish"), {"enable": "1", "enrol": "1"})

    assert strategy_state().enabled
    assert AuditEntry.objects.count() > moment
    assert not Miner.objects.filter(enrolled=False).exists()


def test_lottery_miners_are_not_enrolled_with_the_rest(keeper):
    for place, kind in enumerate(("bitaxe", "nmminer")):
        Miner.objects.create(
            name=kind, kind=kind, host=f"192.168.1.{place + 7}", port=80, trust="full", poll_due_at=read_clock()
        )

    keeper.post(reverse("setup-finish"), {"enrol": "1"})

    assert dict(Miner.objects.values_list("kind", "enrolled")) == {"bitaxe": True, "nmminer": False}


def test_the_preview_waits_for_prices_of_the_tariff_that_is_chosen(keeper):
    before = keeper.get(reverse("setup-preview")).content.decode()
    choose_tariff(kind="octopus_agile", config={"region": "C"}, name="Agile, C", actor="keeper", now=read_clock())
    after = keeper.get(reverse("setup-preview")).content.decode()

    assert "Choose a tariff" in before
    assert "Agile, C is chosen." in after
    assert 'hx-trigger="every 3s"' in after
