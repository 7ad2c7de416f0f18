"""The page of backups. Whatever takes a while is a job; a restore is carried out by the supervisor."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hmm.accounts.access import actor_of, admin_required, may
from hmm.accounts.roles import ADMIN
from hmm.clock import now as read_clock
from hmm.jobs.models import Job
from hmm.jobs.services import start_job
from hmm.ops.backups import files, making
from hmm.ops.backups.archive import CHUNK
from hmm.ops.backups.errors import folder_sentence
from hmm.ops.backups.runs import house
from hmm.ops.contexts import backups_page, restore_page
from hmm.ops.forms import KeepForm, UploadForm

PAGE = "backups"


@admin_required
@require_safe
def backups(request: HttpRequest) -> HttpResponse:
    """Show the backups and whether they are well."""
    return show(request)


def show(
    request: HttpRequest, *, keep_form: KeepForm | None = None, upload_form: UploadForm | None = None
) -> HttpResponse:
    number = request.GET.get("job", "")
    job = Job.objects.filter(pk=int(number)).first() if number.isdigit() and len(number) < 12 else None
    context = {
        "page": backups_page(read_clock()),
        "job": job,
        "keep_form": keep_form or KeepForm(instance=house()),
        "upload_form": upload_form or UploadForm(),
    }
    return render(request, "ops/backups.html", context, status=422 if keep_form or upload_form else 200)


@admin_required
@require_POST
def make(request: HttpRequest) -> HttpResponse:
    """Back up now."""
    return begin(request, "back_up", "Backup", {})


def begin(request: HttpRequest, kind: str, title: str, arguments: dict[str, Any]) -> HttpResponse:
    job = start_job(kind=kind, title=title, actor=actor_of(request), arguments=arguments, total=1, now=read_clock())
    return redirect(f"{reverse(PAGE)}?job={job.pk}")


def wanted(name: str) -> files.BackupFile:
    item = files.find(name)
    if item is None:
        raise Http404("There is no such backup any more.")
    return item


@admin_required
@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """Choose how many are kept."""
    form = KeepForm(request.POST)
    if not form.is_valid():
        return show(request, keep_form=form)
    if making.keep(form.cleaned_data["kept"], actor=actor_of(request), now=read_clock()):
        messages.success(request, f"{form.cleaned_data['kept']} automatic backups are kept from the next one on.")
    return redirect(PAGE)


@admin_required
@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Take a file in; it is listed once it was proven."""
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return show(request, upload_form=form)
    sent = cast(UploadedFile[Any], form.cleaned_data["file"])
    draft = files.folder() / f"{files.UPLOAD}{uuid.uuid4().hex}"
    try:
        store(sent, draft)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        form.add_error("file", folder_sentence(error, files.folder()))
        return show(request, upload_form=form)
    name = Path(str(sent.name)).name[:60]
    return begin(request, "take_in_backup", f"Upload of {name}", {"file": draft.name, "label": name})


def store(sent: UploadedFile[Any], draft: Path) -> None:
    files.folder().mkdir(parents=True, exist_ok=True)
    with draft.open("xb") as target:
        for chunk in sent.chunks():
            target.write(chunk)


@require_safe
def download(request: HttpRequest, name: str) -> StreamingHttpResponse:
    """Hand a backup out, piece by piece: it may be larger than the memory."""
    if not may(request.user, ADMIN):
        raise PermissionDenied(f"This needs the role {ADMIN}.")
    item = wanted(name)
    answer = StreamingHttpResponse(pieces(item.path), content_type="application/zip")
    answer["Content-Length"] = str(item.size_bytes)
    answer["Content-Disposition"] = f'attachment; filename="{item.name}"'
    answer["Cache-Control"] = "no-store"
    return answer


async def pieces(path: Path) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            yield chunk


@admin_required
@require_POST
def check(request: HttpRequest, name: str) -> HttpResponse:
    """Prove a backup once more."""
    item = wanted(name)
    return begin(request, "check_backup", "Check of a backup", {"file": item.name, "label": item.name})


@admin_required
@require_POST
def remove(request: HttpRequest, name: str) -> HttpResponse:
    """Delete a backup."""
    item = wanted(name)
    try:
        making.remove(item, actor=actor_of(request), now=read_clock())
    except OSError as error:
        messages.error(request, folder_sentence(error, files.folder()))
    else:
        messages.success(request, f"{item.name} is deleted.")
    return redirect(PAGE)


@admin_required
@require_http_methods(["GET", "POST"])
def restore(request: HttpRequest, name: str) -> HttpResponse:
    """Show what would come back and what would be lost, then have it proven and carried out."""
    page = restore_page(wanted(name))
    if request.method == "POST" and page.by_itself and not page.refusal:
        return begin(request, "restore", "Restore", {"file": name, "label": name})
    return render(request, "ops/restore.html", {"page": page}, status=409 if request.method == "POST" else 200)
