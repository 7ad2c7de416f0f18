"""People with their roles, and a house with one miner."""

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from hmm.clock import now as read_clock
from miners.models import Miner, NewestReading


def signed_in(name, role):
    person = User.objects.create_user(name)
    person.groups.add(Group.objects.get_or_create(name=role)[0])
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def viewer(db):
    return signed_in("guest", "viewer")


@pytest.fixture
def operator(db):
    return signed_in("lodger", "operator")


@pytest.fixture
def keeper(client, db):
    client.force_login(User.objects.create_superuser("keeper", password="a long pass phrase"))
    return client


@pytest.fixture
def miner(db):
    moment = read_clock()
    made = Miner.objects.create(
        name="Attic", kind="bitaxe", host="192.168.7.3", port=80, trust="full", poll_due_at=moment
    )
    NewestReading.objects.create(miner=made, taken_at=moment, state_since=moment, state="hashing", hashrate_ths=1.1)
    return made
