"""Pools in the admin; every save goes through the service and the audit log."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from pools.forms import PoolForm
from pools.models import Pool
from pools.services import delete_pool, save_pool


@admin.register(Pool)
class PoolAdmin(admin.ModelAdmin[Pool]):
    """Pools with their coin and order."""

    form = PoolForm
    list_display = ["name", "coin", "reward_model", "host", "port", "priority", "enabled"]
    list_filter = ["coin", "reward_model", "enabled"]
    search_fields = ["name", "host", "wallet"]

    def save_model(self, request: HttpRequest, obj: Pool, form: PoolForm, change: bool) -> None:
        save_pool(obj, actor=request.user.get_username(), new_password=form.cleaned_data.get("new_password", ""))

    def delete_model(self, request: HttpRequest, obj: Pool) -> None:
        delete_pool(obj, actor=request.user.get_username())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Pool]) -> None:
        for pool in queryset:
            delete_pool(pool, actor=request.user.get_username())
