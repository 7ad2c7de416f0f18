"""The pages of Home Assistant: the connection, the plugs, and switching by hand."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hmm.accounts.access import actor_of, operator_required
from hmm.clock import now as read_clock
from miners.models import Miner, PowerSwitch
from miners.outlets import meter_for, page_of
from miners.plug_forms import ConnectionForm, MeterForm, PlugForm
from miners.services.allowing import CommandRefusedError
from miners.services.home_assistant import ask_in_background, connection, save_connection
from miners.services.plug_commands import request_plug
from miners.services.plug_holds import words_for_hand
from miners.services.plug_links import remove_plug, save_plug, set_miner_meter

PAGE = "home-assistant"


@require_safe
def home_assistant(request: HttpRequest) -> HttpResponse:
    """Show the connection, the plugs and what is not linked yet."""
    return show(request)


def show(request: HttpRequest, *, meter_form: MeterForm | None = None) -> HttpResponse:
    status = 422 if meter_form is not None else 200
    context = {**page_of(read_clock()), "meter_form": meter_form or MeterForm()}
    return render(request, "plugs/home_assistant.html", context, status=status)


@operator_required
@require_http_methods(["GET", "POST"])
def edit_connection(request: HttpRequest) -> HttpResponse:
    """Store the connection; it is tried in the background."""
    form = ConnectionForm(request.POST or None, instance=connection())
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            save_connection(
                url=said["url"],
                new_token=said["new_token"],
                verify_tls=said["verify_tls"],
                enabled=said["enabled"],
                actor=actor_of(request),
                now=read_clock(),
            )
        except ValueError as error:
            form.add_error("new_token", str(error))
        else:
            return test_it(request)
    status = 422 if form.is_bound else 200
    return render(request, "plugs/connection.html", {"form": form, "server": connection()}, status=status)


@operator_required
@require_POST
def try_connection(request: HttpRequest) -> HttpResponse:
    """Ask Home Assistant now; the answer is shown by the job."""
    return test_it(request)


def test_it(request: HttpRequest) -> HttpResponse:
    job = ask_in_background(actor=actor_of(request), now=read_clock())
    return redirect("job", pk=job.pk)


@operator_required
@require_http_methods(["GET", "POST"])
def add_plug(request: HttpRequest) -> HttpResponse:
    """Link a plug."""
    return answer_form(request, None)


@operator_required
@require_http_methods(["GET", "POST"])
def edit_plug(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a plug."""
    return answer_form(request, get_object_or_404(PowerSwitch, pk=pk))


def answer_form(request: HttpRequest, switch: PowerSwitch | None) -> HttpResponse:
    """Show the plug's form, or store what was sent."""
    initial = suggested(request) if switch is None else None
    form = PlugForm(request.POST or None, instance=switch, initial=initial)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            save_plug(
                form.save(commit=False),
                miner_ids=[miner.pk for miner in said["miners"]],
                meter_entity=said["meter"],
                actor=actor_of(request),
                now=read_clock(),
            )
        except ValueError as error:
            form.add_error("entity", str(error))
        else:
            messages.success(request, f"{said['name']} is linked.")
            return redirect(PAGE)
    stored = PowerSwitch.objects.filter(pk=switch.pk).first() if switch is not None else None
    context = {"form": form, "switch": stored, "found": connection().found}
    return render(request, "plugs/plug_form.html", context, status=422 if form.is_bound else 200)


def suggested(request: HttpRequest) -> dict[str, Any]:
    """Return what the form of a new plug begins with: what a suggestion names."""
    entity = request.GET.get("entity", "")[:255]
    asked = request.GET.get("miner", "")
    miners = list(Miner.objects.filter(pk=int(asked))) if asked.isdecimal() and len(asked) < 12 else []
    return {"entity": entity, "miners": miners, "meter": meter_for(connection(), entity) if entity else ""}


@operator_required
@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a plug; the page asks first."""
    switch = get_object_or_404(PowerSwitch, pk=pk)
    remove_plug(switch, actor=actor_of(request), now=read_clock())
    messages.success(request, f"{switch.name} is no longer linked. It stays as it is.")
    return redirect(PAGE)


@operator_required
@require_POST
def switch_plug(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch by hand; whether it went is read from Home Assistant, not from this answer."""
    switch = get_object_or_404(PowerSwitch, pk=pk)
    word = request.POST.get("value", "")
    if word not in {"on", "off"}:
        messages.error(request, "A plug is switched on or off.")
        return redirect(PAGE)
    try:
        made = request_plug(
            switch, on=word == "on", actor=actor_of(request), reason="By hand.", now=read_clock(), by_hand=True
        )
    except CommandRefusedError as error:
        messages.error(request, str(error))
    else:
        messages.info(request, words_for_hand(switch, on=word == "on", is_going=made is not None))
    return redirect(PAGE)


@operator_required
@require_POST
def set_meter(request: HttpRequest) -> HttpResponse:
    """Measure one miner with a sensor of its own, or stop it."""
    form = MeterForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        try:
            set_miner_meter(said["miner"], said["entity"].strip().lower(), actor=actor_of(request), now=read_clock())
        except ValueError as error:
            form.add_error("entity", str(error))
        else:
            return redirect(PAGE)
    return show(request, meter_form=form)
