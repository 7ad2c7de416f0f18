"""The pages of notifications: channels, events and their words, the log, and what a person does about an incident."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hmm.accounts.access import actor_of, operator_required
from hmm.clock import now as read_clock
from hmm.jobs.services import start_job
from notifications.contexts import (
    channel_rows,
    event_rows,
    newest_deliveries,
    preview_of,
    routes_context,
    text_context,
)
from notifications.events import EVENTS
from notifications.forms import PREFIX, ChannelForm, PriceForm, TemplateForm
from notifications.messages import template_of
from notifications.models import Channel, EventChoice, Incident
from notifications.services.channels import (
    ChannelError,
    config_of,
    remove_channel,
    save_channel,
    set_channel_enabled,
    set_channel_events,
    set_event,
    set_house,
    set_maintenance,
)
from notifications.services.incidents import acknowledge, snooze
from notifications.services.routing import house
from notifications.transports.registry import TRANSPORTS, transport_choices

PAGE = "notifications"
INCIDENTS_SHOWN = 50
MAINTENANCE_MAX = 7 * 24 * 60  # minutes


@require_safe
def notifications(request: HttpRequest) -> HttpResponse:
    """Show the channels, the events and what was sent."""
    return show(request)


def show(request: HttpRequest, *, price_form: PriceForm | None = None) -> HttpResponse:
    context = {
        "channels": channel_rows(),
        "events": event_rows(),
        "incidents": Incident.objects.open().worst_first()[:INCIDENTS_SHOWN],
        "deliveries": newest_deliveries(),
        "kinds": transport_choices(),
        "house": house(),
        "now": read_clock(),
        "price_form": price_form or PriceForm(instance=house()),
    }
    return render(request, "notifications/notifications.html", context, status=422 if price_form else 200)


@operator_required
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, kind: str) -> HttpResponse:
    """Set a channel up."""
    if kind not in TRANSPORTS:
        raise Http404
    return answer_form(request, kind, None)


@operator_required
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change or mend a channel."""
    channel = get_object_or_404(Channel.objects.defer("sealed"), pk=pk)
    return answer_form(request, channel.kind, channel)


def answer_form(request: HttpRequest, kind: str, channel: Channel | None) -> HttpResponse:
    """Show the form, or store what was sent and try it."""
    stored = config_of(channel) if channel is not None else {}
    form = ChannelForm(request.POST or None, instance=channel, kind=kind, stored=stored)
    if request.method == "POST" and form.is_valid():
        try:
            saved = save_channel(form.channel(), typed=form.typed(), actor=actor_of(request), now=read_clock())
        except ChannelError as error:
            for name, words in error.fields.items():
                form.add_error(PREFIX + name if PREFIX + name in form.fields else None, words)
        else:
            return try_channel(request, saved)
    guide = {
        "label": TRANSPORTS[kind].label,
        "steps": TRANSPORTS[kind].steps,
    }  # a class would be called by the template
    context = {"form": form, "channel": channel, "transport": guide}
    return render(request, "notifications/channel.html", context, status=422 if form.is_bound else 200)


def try_channel(request: HttpRequest, channel: Channel) -> HttpResponse:
    job = start_job(
        kind="test_channel",
        title=f"Test of {channel.name}",
        actor=actor_of(request),
        arguments={"channel": channel.pk},
        total=1,
        now=read_clock(),
    )
    return redirect("job", pk=job.pk)


@operator_required
@require_POST
def test(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a test message; the answer is shown by the job."""
    return try_channel(request, get_object_or_404(Channel.objects.defer("sealed"), pk=pk))


@operator_required
@require_POST
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch a channel on or off."""
    channel = get_object_or_404(Channel.objects.defer("sealed"), pk=pk)
    set_channel_enabled(channel, request.POST.get("value") == "on", actor=actor_of(request), now=read_clock())
    return redirect(PAGE)


@operator_required
@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a channel; the page asks first."""
    channel = get_object_or_404(Channel.objects.defer("sealed"), pk=pk)
    remove_channel(channel, actor=actor_of(request), now=read_clock())
    return redirect(PAGE)


@operator_required
@require_http_methods(["GET", "POST"])
def routes(request: HttpRequest) -> HttpResponse:
    """Show which events go to which channel, or store it for the channels that were shown."""
    if request.method == "POST":
        shown = [int(pk) for pk in request.POST.getlist("shown") if pk.isascii() and pk.isdigit() and len(pk) < 10]
        for channel in Channel.objects.defer("sealed").filter(pk__in=shown):
            chosen = request.POST.getlist(f"channel-{channel.pk}")
            try:
                set_channel_events(channel, chosen, actor=actor_of(request), now=read_clock())
            except ChannelError as error:
                messages.error(request, str(error))
        return redirect("event-routes")
    return render(request, "notifications/routes.html", routes_context())


@operator_required
@require_http_methods(["GET", "POST"])
def words(request: HttpRequest, event: str) -> HttpResponse:
    """Show the words of an event with a preview, or store them; `preview` only shows, `reset` takes the standard."""
    if event not in EVENTS:
        raise Http404
    now = read_clock()
    row = EventChoice.objects.filter(event=event).first()
    initial = {"template": template_of(event), "enabled": row is None or row.enabled}
    form = TemplateForm(request.POST or None, initial=initial)
    context = text_context(event, now=now)
    if request.method == "POST" and form.is_valid():
        template = form.cleaned_data["template"]
        context["preview"] = preview_of(event, template, now=now)
        act = request.POST.get("act")
        if act != "preview":
            kept = "" if act == "reset" or template.strip() == EVENTS[event].template.strip() else template
            try:
                set_event(
                    event,
                    enabled=form.cleaned_data["enabled"],
                    template=kept,
                    actor=actor_of(request),
                    now=now,
                )
            except ChannelError as error:
                form.add_error("template", str(error))
            else:
                messages.success(request, f"{EVENTS[event].label}: saved.")
                return redirect(PAGE)
    context["form"] = form
    return render(request, "notifications/words.html", context, status=422 if form.errors else 200)


@operator_required
@require_POST
def prices(request: HttpRequest) -> HttpResponse:
    """Store from which prices on the household is told."""
    form = PriceForm(request.POST, instance=house())
    if not form.is_valid():
        return show(request, price_form=form)
    set_house(dict(form.cleaned_data), actor=actor_of(request), now=read_clock())
    messages.success(request, "Price limits saved.")
    return redirect(PAGE)


@operator_required
@require_POST
def maintenance(request: HttpRequest) -> HttpResponse:
    """Be quiet for a while; 0 ends it."""
    typed = request.POST.get("minutes", "")
    if not (typed.isascii() and typed.isdigit()) or int(typed[:8]) > MAINTENANCE_MAX:
        messages.error(request, f"Write 0 to {MAINTENANCE_MAX} minutes.")
    else:
        set_maintenance(int(typed), actor=actor_of(request), now=read_clock())
    return redirect(PAGE)


@operator_required
@require_POST
def act_on_incident(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Acknowledge an incident, or snooze it for an hour."""
    incident = get_object_or_404(Incident, pk=pk)
    do = {"acknowledge": acknowledge, "snooze": snooze}.get(act)
    if do is None:
        raise Http404
    do(incident, actor=actor_of(request), now=read_clock())
    return redirect(PAGE)
