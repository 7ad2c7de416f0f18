"""Pools in the admin; every save goes through the service and the audit log."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from hmm.audit.admin import DeletesWithHistory, ReadOnlyAdmin
from pools.forms import PoolForm
from pools.models import (
    CoinObservation,
    CoinSource,
    CoinWord,
    FoundBlock,
    Pool,
    PoolHealth,
    PoolPayout,
    PoolReward,
    PoolSnapshot,
    PoolWorker,
)
from pools.services import delete_pool, save_pool
from pools.services.coin_saving import save_source
from pools.usage import users_of


@admin.register(Pool)
class PoolAdmin(DeletesWithHistory):
    """Pools with their coin and order."""

    form = PoolForm
    list_display = ["name", "coin", "reward_model", "host", "port", "priority", "enabled", "backend"]
    list_filter = ["coin", "reward_model", "enabled"]
    search_fields = ["name", "host", "wallet"]

    def save_model(self, request: HttpRequest, obj: Pool, form: PoolForm, change: bool) -> None:
        save_pool(
            obj,
            actor=request.user.get_username(),
            new_password=form.cleaned_data.get("new_password", ""),
            new_token=form.cleaned_data.get("new_token", ""),
        )

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        to_delete, counts, not_allowed, protected = super().get_deleted_objects(objs, request)
        users = [f"{name}, which works for {pool}" for pool in objs for name in users_of(pool)]
        return to_delete, counts, not_allowed, [*protected, *users]

    def delete_model(self, request: HttpRequest, obj: Pool) -> None:
        delete_pool(obj, actor=request.user.get_username())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Pool]) -> None:
        for pool in queryset:
            self.delete_model(request, pool)


@admin.register(PoolHealth)
class PoolHealthAdmin(ReadOnlyAdmin):
    """What the looks at the pools' ports say."""

    list_display = ["pool", "state", "since", "outcome", "reply_ms", "checked_at", "stats_error"]
    list_filter = ["state"]
    list_select_related = ["pool"]


@admin.register(PoolSnapshot)
class PoolSnapshotAdmin(ReadOnlyAdmin):
    """What the pools' statistics said, newest first."""

    list_display = ["pool", "fetched_at", "hashrate_ths", "workers_online", "best_share", "unpaid"]
    list_filter = ["pool"]
    list_select_related = ["pool"]


@admin.register(FoundBlock)
class FoundBlockAdmin(ReadOnlyAdmin):
    """Blocks of our wallets and how far they have come."""

    list_display = ["coin", "height", "state", "worker", "found_at", "reward", "pool_label"]
    list_filter = ["coin", "state", "pool"]
    search_fields = ["hash", "worker"]
    date_hierarchy = "found_at"


@admin.register(PoolWorker)
class PoolWorkerAdmin(ReadOnlyAdmin):
    """The workers of our accounts, as the pools name them."""

    list_display = ["pool", "name", "online", "hashrate_ths", "last_share_at", "best_share", "seen_at"]
    list_filter = ["pool", "online"]
    search_fields = ["name"]
    list_select_related = ["pool"]


@admin.register(CoinSource)
class CoinSourceAdmin(admin.ModelAdmin[CoinSource]):
    """Who is asked for prices and difficulties, and what went wrong; a save goes through the service."""

    fields = ["enabled", "rank"]
    list_display = ["kind", "enabled", "rank", "answered_at", "due_at", "failures", "last_error"]
    list_filter = ["enabled"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: CoinSource, form: Any, change: bool) -> None:
        actor = request.user.get_username()
        save_source(obj.pk, enabled=obj.enabled, rank=obj.rank, base_url=obj.base_url, actor=actor)


@admin.register(CoinWord)
class CoinWordAdmin(ReadOnlyAdmin):
    """What each source last said of each coin."""

    list_display = ["coin", "source", "price_gbp", "price_at", "difficulty", "difficulty_at", "height"]
    list_filter = ["coin", "source"]
    list_select_related = ["source"]


@admin.register(CoinObservation)
class CoinObservationAdmin(ReadOnlyAdmin):
    """What was believed of each coin, hour by hour."""

    list_display = ["coin", "hour", "price_gbp", "price_source", "difficulty", "difficulty_source", "height"]
    list_filter = ["coin"]
    date_hierarchy = "hour"


@admin.register(PoolReward)
class PoolRewardAdmin(ReadOnlyAdmin):
    """What pools credited day by day."""

    list_display = ["pool", "day", "total", "mining", "shares"]
    list_filter = ["pool"]
    list_select_related = ["pool"]


@admin.register(PoolPayout)
class PoolPayoutAdmin(ReadOnlyAdmin):
    """What pools paid."""

    list_display = ["pool", "requested_at", "way", "status", "amount", "fee", "resolved_at"]
    list_filter = ["pool", "status"]
    list_select_related = ["pool"]
