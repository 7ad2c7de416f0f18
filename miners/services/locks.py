"""The secret of a device that is locked with one-time codes: kept only where a person wants it, never shown."""

from django.db import transaction

from hmm.audit.services import record
from hmm.clock import now as read_clock
from miners.drivers.totp import clean_secret
from miners.models import Miner
from miners.services.trouble import tell_lost_secrets


def keep_code_secret(miner: Miner, typed: str, *, actor: str) -> None:
    """Keep the secret, so that the strategy may write to the device. Raise ValueError for what is none."""
    secret = clean_secret(typed)
    with transaction.atomic():
        Miner.objects.filter(pk=miner.pk).update(otp_secret=secret)
        record(actor=actor, action="miner.code_secret", target=miner, after={"secret": "kept"})
        miner.otp_secret = secret
        tell_lost_secrets(miner, now=read_clock())


def forget_code_secret(miner: Miner, *, actor: str) -> None:
    """Forget the secret; from then on each command needs a code a person types in."""
    with transaction.atomic():
        Miner.objects.filter(pk=miner.pk).update(otp_secret="")
        record(actor=actor, action="miner.code_secret", target=miner, after={"secret": "forgotten"})
        miner.otp_secret = ""
        tell_lost_secrets(miner, now=read_clock())
