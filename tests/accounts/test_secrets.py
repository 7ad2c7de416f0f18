import pytest
from django.db import connection
from django.test import override_settings

from hmm.secrets import SecretUnreadableError, decrypt, encrypt
from pools.models import Pool

pytestmark = pytest.mark.django_db


def test_the_database_never_holds_the_plain_text():
    pool = Pool.objects.create(
        name="Solo", coin="BTC", host="pool.example.net", port=3333, wallet="w", password="hunter2"
    )

    with connection.cursor() as cursor:
        cursor.execute("SELECT password FROM pools_pool")
        (stored,) = cursor.fetchone()

    assert "hunter2" not in stored
    assert Pool.objects.get(pk=pool.pk).password == "hunter2"


def test_another_key_is_named_with_its_remedy():
    sealed = encrypt("hunter2")

    with (
        override_settings(HMM_ENCRYPTION_KEY="another"),
        pytest.raises(SecretUnreadableError, match="HMM_ENCRYPTION_KEY"),
    ):
        decrypt(sealed)


def test_the_same_text_is_sealed_differently_each_time():
    assert encrypt("hunter2") != encrypt("hunter2")


def test_empty_stays_empty():
    assert encrypt("") == "" == decrypt("")
