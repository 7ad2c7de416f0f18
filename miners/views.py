"""The miners' pages: the list, one miner, and what may be done to it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hmm.accounts.access import actor_of, operator_required
from hmm.clock import now as read_clock
from hmm.jobs.services import start_job
from hmm.secrets import is_kept, opened
from miners.asking import bulk_choices, bulk_value, code_of, value_of
from miners.configuration_form import ConfigurationForm
from miners.contexts import tiles, totals
from miners.day_lines import day_lines
from miners.drivers.registry import family_choices
from miners.forms import AddMinerForm, EditMinerForm, HealthLimitsForm, OverclockForm, edit_form_of
from miners.lists import DEFAULT_SORT, listing
from miners.lottery import has_lottery, lottery
from miners.models import CommandKind, HealthLimits, Miner
from miners.services import bulk
from miners.services.allowing import CommandRefusedError
from miners.services.commands import request_command
from miners.services.configuring import configure, template_of
from miners.services.fleet import edit_miner, remove_miner
from miners.services.locks import forget_code_secret, keep_code_secret
from miners.services.overclock import OverclockError, set_overclock
from miners.services.wellbeing import set_limits


@require_safe
def miners(request: HttpRequest) -> HttpResponse:
    """List every miner, problems first; the same number of queries whatever their number."""
    moment = read_clock()
    every = tiles(moment, day_lines(moment).hashrate_ths)
    shown = listing(
        every,
        state=request.GET.get("state", ""),
        sort=request.GET.get("sort", DEFAULT_SORT),
        search=request.GET.get("q", "")[:80],
    )
    context = {
        "list": shown,
        "totals": totals(shown.tiles),
        "any": bool(every),
        "acts": bulk_choices(),
        "lottery": has_lottery(every),
    }
    return render(request, "miners/miners.html", context)


@require_safe
def lottery_miners(request: HttpRequest) -> HttpResponse:
    """List the miners that are too small for the strategy, and the strangers that were heard."""
    return render(request, "miners/lottery.html", lottery(read_clock()))


@operator_required
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Take an address and leave the asking to the background."""
    form = AddMinerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        job = start_job(
            kind="add",
            title=f"Adding {said['address']}",
            actor=actor_of(request),
            arguments={
                "addresses": [said["address"]],
                "name": said["name"],
                "family": said["family"] or None,
                "enrolled": said["enrolled"],
            },
            total=1,
            now=read_clock(),
        )
        return redirect("job", pk=job.pk)
    return render(request, "miners/miner_add.html", {"form": form}, status=422 if form.is_bound else 200)


@operator_required
@require_POST
def command(request: HttpRequest, pk: int) -> HttpResponse:
    """Write a command; whether the device took it is shown by its readings, not by this answer."""
    found = get_object_or_404(Miner, pk=pk)
    kind = request.POST.get("kind", "")
    if kind not in CommandKind.values:
        messages.error(request, "That is no command.")
        return redirect("miner", pk=pk)
    try:
        value, secret = value_of(found, kind, " ".join(request.POST.getlist("value")))
        made = request_command(
            found,
            kind,
            value,
            actor=actor_of(request),
            reason="By hand.",
            now=read_clock(),
            secret=secret,
            code=code_of(request.POST.get("code", "")),
        )
    except CommandRefusedError as error:
        messages.error(request, str(error))
    else:
        label = CommandKind(kind).label
        words = f"{label}: on its way to {found.name}." if made else f"{label}: {found.name} already shows it."
        messages.info(request, words)
    return redirect("miner", pk=pk)


@operator_required
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what a person may change of a miner."""
    found = get_object_or_404(Miner, pk=pk)
    form = edit_form_of(found)(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        edit_miner(Miner.objects.get(pk=pk), form.changes, actor=actor_of(request), now=read_clock())
        messages.success(request, f"{form.cleaned_data['name']} is saved.")
        return redirect("miner", pk=pk)
    return edit_page(request, pk, form=form)


def edit_page(
    request: HttpRequest, pk: int, *, form: EditMinerForm | None = None, overclock: OverclockForm | None = None
) -> HttpResponse:
    """Show all that may be changed of a miner, with what was typed wrongly in one of its forms."""
    stored = Miner.objects.with_latest().get(pk=pk)
    newest, board = getattr(stored, "newest", None), stored.board
    if overclock is None and board is not None and board.oc_limits is not None:
        overclock = OverclockForm(miner=stored)
    context = {
        "form": form or edit_form_of(stored)(instance=stored),
        "miner": stored,
        "lock": is_kept(stored, "otp_secret") or (newest is not None and newest.locked is not None),
        "keeps_code_secret": bool(opened(stored, "otp_secret")),
        "overclock": overclock,
    }
    is_wrong = any(one is not None and one.is_bound for one in (form, overclock))
    return render(request, "miners/miner_edit.html", context, status=422 if is_wrong else 200)


@operator_required
@require_POST
def overclock(request: HttpRequest, pk: int) -> HttpResponse:
    """Enter, or take away, what a miner runs in the mode `oc`."""
    found = get_object_or_404(Miner, pk=pk)
    form = OverclockForm(request.POST, miner=found)
    if form.is_valid():
        try:
            set_overclock(found, **form.cleaned_data, actor=actor_of(request))
        except OverclockError as error:
            form.add_error(error.field, str(error))
        else:
            words = "has a mode oc now" if found.overclock else "has no mode oc any more"
            messages.success(request, f"{found.name} {words}.")
            return redirect("miner-edit", pk=pk)
    return edit_page(request, pk, overclock=form)


@operator_required
@require_POST
def code_secret(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep, or forget, the secret of a device that is locked with one-time codes."""
    found = get_object_or_404(Miner, pk=pk)
    if request.POST.get("forget"):
        forget_code_secret(found, actor=actor_of(request))
        messages.success(request, f"The secret of {found.name} is forgotten. Each command asks for a code now.")
        return redirect("miner-edit", pk=pk)
    try:
        keep_code_secret(found, request.POST.get("secret", "")[:500], actor=actor_of(request))
    except ValueError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"The secret of {found.name} is kept, encrypted. HMM makes its codes itself.")
    return redirect("miner-edit", pk=pk)


@operator_required
@require_http_methods(["GET", "POST"])
def health_limits(request: HttpRequest) -> HttpResponse:
    """Change from which figures on a family's miners are in trouble."""
    families = dict(family_choices())
    asked = request.GET.get("family", "")
    kind = asked if asked in families else next(iter(families))
    stored = HealthLimits.objects.filter(kind=kind).first()
    form = HealthLimitsForm(request.POST or None, instance=stored, kind=kind)
    if request.method == "POST" and form.is_valid():
        set_limits(kind, form.cleaned_data, actor=actor_of(request))
        messages.success(request, f"The limits of {families[kind]} are saved.")
        return redirect(f"{reverse('miner-health')}?family={kind}")
    context = {"form": form, "family": kind, "label": families[kind], "families": list(families.items())}
    return render(request, "miners/health_limits.html", context, status=422 if form.is_bound else 200)


@operator_required
@require_http_methods(["GET", "POST"])
def configuration(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a whole configuration, and send it to the one device once that is confirmed."""
    found = get_object_or_404(Miner.objects.with_latest(), pk=pk)
    form = ConfigurationForm(request.POST or None, stored=template_of(found))
    if request.method == "POST" and form.is_valid():
        confirmed = form.cleaned_data["confirmed"]
        try:
            configure(found, form.configuration, confirmed=confirmed, actor=actor_of(request), now=read_clock())
        except CommandRefusedError as error:
            form.add_error(None, str(error))
        else:
            messages.info(request, f"Configuration: on its way to {found.name}.")
            return redirect("miner", pk=pk)
    status = 422 if form.is_bound else 200
    return render(request, "miners/configuration.html", {"form": form, "miner": found}, status=status)


@operator_required
@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a miner; the page asks first."""
    found = get_object_or_404(Miner, pk=pk)
    name = found.name
    remove_miner(found, actor=actor_of(request))
    messages.success(request, f"{name} is removed. Its costs stay in the ledger.")
    return redirect("miners")


@operator_required
@require_POST
def do_to_many(request: HttpRequest) -> HttpResponse:
    """Start a job for the miners that are ticked; its page shows a line for each."""
    act, _colon, value = request.POST.get("act", "").partition(":")
    ticked = dict.fromkeys(int(text) for text in request.POST.getlist("miner") if text.isdecimal() and len(text) < 20)
    try:
        job = bulk.start_bulk(act, list(ticked), bulk_value(act, value), actor=actor_of(request), now=read_clock())
    except bulk.BulkError as error:
        messages.error(request, str(error))
        return redirect("miners")
    return redirect("job", pk=job.pk)
