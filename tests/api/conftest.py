import json
from datetime import timedelta

import pytest
from django.test import Client

from energy.services.ledger import update_ledger
from hmm.accounts.services import create_token
from hmm.clock import now
from miners.models import Miner
from miners.rollups import roll_up


class Caller:
    """A script that calls the API with a token of one scope."""

    def __init__(self, scope: str) -> None:
        _row, text = create_token(name=f"{scope} script", scope=scope, actor="keeper", now=now())
        self.headers = {"Authorization": f"Bearer {text}"}
        self.client = Client()

    def __call__(self, method: str, path: str, body: object = None, **query: object):
        sent = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        if query:
            sent["query_params"] = query
        return getattr(self.client, method)(path, headers=self.headers, **sent)


@pytest.fixture
def admin(db):
    return Caller("admin")


@pytest.fixture
def control(db):
    return Caller("control")


@pytest.fixture
def reader(db):
    return Caller("read")


@pytest.fixture
def filled(house):
    """A house that followed the prices for a few minutes and has something in every table."""
    Miner.objects.update(created_at=house.now - timedelta(days=1))  # as long as the house has been there
    house.prices(9, 9, 25, 3)
    house.tick()
    house.settle(120)
    house.pass_minutes(3)
    update_ledger(now=house.now)
    roll_up(now=house.now + timedelta(minutes=10))
    return house
