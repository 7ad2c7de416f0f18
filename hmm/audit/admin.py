"""The audit log in the admin, and the mixin that makes every admin edit leave a row in it."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.forms import ModelForm
from django.http import HttpRequest

from hmm.audit.models import AuditEntry
from hmm.audit.services import record


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """A model that is only to be read."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # Django's signature
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Who did what to what, when and why."""

    list_display = ["created_at", "actor", "action", "target_label", "outcome", "reason"]
    list_filter = ["outcome", "action", "actor"]
    search_fields = ["target_label", "reason", "actor", "action"]
    date_hierarchy = "created_at"


class DeletesWithHistory(admin.ModelAdmin[Any]):
    """A model whose rows take along what hangs on them, also what nobody may delete by itself."""

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        to_delete, counts, _not_allowed_alone, protected = super().get_deleted_objects(objs, request)
        return to_delete, counts, set(), protected


def fields_of(row: models.Model) -> dict[str, Any]:
    """Return the stored fields of a row by name."""
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def stored_names(row: models.Model) -> set[str]:
    """Return the names of the fields that are columns of the row itself."""
    return {field.name for field in row._meta.concrete_fields}


def links_of(row: models.Model) -> dict[str, list[str]]:
    """Return what a row is linked with, such as a person with groups, by name."""
    return {
        field.name: sorted(str(other) for other in getattr(row, field.name).all()) for field in row._meta.many_to_many
    }


class AuditedAdmin(admin.ModelAdmin[Any]):
    """Records before and after of what an admin changes, adds or deletes."""

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm[Any], change: bool) -> None:
        old = type(obj)._default_manager.filter(pk=obj.pk).first() if change else None
        before = fields_of(old) if old is not None else None
        if change:  # what the form did not touch may have been written by another meanwhile
            obj.save(update_fields=[name for name in form.changed_data if name in stored_names(obj)])
        else:
            super().save_model(request, obj, form, change)
        after = fields_of(obj)
        if before is not None:
            names = [name for name in after if before.get(name) != after[name]]
            before, after = {name: before[name] for name in names}, {name: after[name] for name in names}
        self.leave_row(request, obj, "edit" if change else "add", before, after)

    def save_related(self, request: HttpRequest, form: ModelForm[Any], formsets: Any, change: bool) -> None:
        before = links_of(form.instance)
        super().save_related(request, form, formsets, change)
        after = links_of(form.instance)
        if before != after:
            self.leave_row(request, form.instance, "edit", before, after)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.leave_row(request, obj, "delete", fields_of(obj), None)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> None:
        for row in queryset:
            self.delete_model(request, row)

    def leave_row(self, request: HttpRequest, row: Any, verb: str, before: Any, after: Any) -> None:
        record(
            actor=request.user.get_username(),
            action=f"{row._meta.model_name}.{verb}",
            target=row,
            reason="in the admin",
            before=before,
            after=after,
        )
