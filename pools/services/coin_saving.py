"""Change who is asked for prices and difficulties."""

from django.db import transaction

from hmm.audit.services import record
from hmm.live.services import push_event
from hmm.secrets import opened, word_for
from pools.coin_sources.registry import source_label
from pools.models import CoinSource


def description(source: CoinSource) -> dict[str, object]:
    """Return what the audit log keeps of a source; the key only as a word."""
    return {
        "source": source_label(source.kind),
        "enabled": source.enabled,
        "order": source.rank,
        "address": source.base_url,
        "key": word_for(source, "key"),
    }


def save_source(
    pk: int, *, enabled: bool, rank: int, base_url: str, new_key: str = "", actor: str, reason: str = ""
) -> CoinSource:
    """Change a source; it is asked at once. A key is of one address: another address forgets it."""
    with transaction.atomic():
        source = CoinSource.objects.select_for_update().get(pk=pk)
        kept = opened(source, "key") or ""
        before, moved = description(source), source.base_url != base_url
        source.enabled, source.rank, source.base_url = enabled, rank, base_url
        source.key = new_key or ("" if moved else kept)
        source.due_at, source.failures, source.last_error = None, 0, ""
        source.save()
        after = description(source)
        record(actor=actor, action="coin_source.edit", target=source, reason=reason, before=before, after=after)
        transaction.on_commit(lambda: push_event("coins-changed"))
    return source
