"""The first-start wizard: account, tariff, miners, pool, preview. Every step can be skipped and found again."""

from typing import Any

from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from energy.forms import RegionForm
from energy.services.prices import active_tariff
from energy.services.refresh import fetch_state
from energy.services.regions import choose_region, look_up_region
from energy.tasks import fetch_now
from hmm.accounts.access import actor_of, operator_required
from hmm.clock import now as read_clock
from hmm.jobs.models import Job
from hmm.jobs.services import start_job
from hmm.setup.forms import AccountForm, AddressesForm, NetworkForm
from hmm.setup.services import LinkUsedError, is_valid, use_link
from miners.discovery import hosts_of, own_network
from miners.drivers.registry import lottery_kinds
from miners.models import Miner
from miners.services.fleet import edit_miner
from pools.forms import PoolForm
from pools.models import Pool
from pools.services import save_pool
from strategy.services.bands import apply_now, edited_version, load_example
from strategy.services.in_force import bands_in_force
from strategy.services.planning import plan
from strategy.services.switches import set_enabled, strategy_state

STEPS = (
    ("account", "Account"),
    ("setup-tariff", "Tariff"),
    ("setup-miners", "Miners"),
    ("setup-pool", "Pool and wallet"),
    ("setup-preview", "Preview"),
)
BACKEND = "django.contrib.auth.backends.ModelBackend"


def page(request: HttpRequest, template: str, step: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    names = [name for name, _label in STEPS]
    steps = [
        {"number": place + 1, "label": label, "done": place < names.index(step), "now": name == step}
        for place, (name, label) in enumerate(STEPS)
    ]
    return render(request, f"setup/{template}.html", {"steps": steps, **context}, status=status)


@login_not_required
@require_http_methods(["GET", "POST"])
def account(request: HttpRequest, token: str) -> HttpResponse:
    """Make the first account with the link that was printed."""
    if not is_valid(token):
        return render(request, "setup/used.html", status=410)
    form = AccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = use_link(
                token,
                username=form.cleaned_data["username"],
                password=form.cleaned_data["password1"],
                now=read_clock(),
            )
        except LinkUsedError:
            return render(request, "setup/used.html", status=410)
        login(request, user, backend=BACKEND)
        return redirect("setup-tariff")
    return page(request, "account", "account", {"form": form}, 422 if form.is_bound else 200)


def start(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  # the resolver's signature
    """Begin, or begin again, after the account."""
    return redirect("setup-tariff")


@operator_required
@require_http_methods(["GET", "POST"])
def tariff(request: HttpRequest) -> HttpResponse:
    """Choose the tariff by region or postcode; the lookup runs in the background."""
    form = RegionForm(request.POST or None, field_order=["postcode", "region"])
    if request.method == "POST" and form.is_valid():
        now, actor = read_clock(), actor_of(request)
        region = form.cleaned_data["region"]
        if region:
            chosen = choose_region(region, actor=actor, now=now)
            fetch_now.delay(chosen.pk, actor)
            return redirect("setup-miners")
        job = look_up_region(form.cleaned_data["postcode"], actor=actor, now=now)
        return redirect(f"{request.path}?job={job.pk}")
    context = {"form": form, "job": job_of(request), "tariff": active_tariff(), "state": fetch_state(read_clock())}
    return page(request, "tariff", "setup-tariff", context, 422 if form.is_bound else 200)


def job_of(request: HttpRequest) -> Job | None:
    number = request.GET.get("job", "")
    return Job.objects.filter(pk=int(number)).first() if number.isdigit() and len(number) < 12 else None


@operator_required
@require_http_methods(["GET", "POST"])
def miners(request: HttpRequest) -> HttpResponse:
    """Find miners in the network, or type their addresses in."""
    sent = request.POST.get("act", "")
    addresses = AddressesForm(request.POST if sent == "type" else None)
    network = NetworkForm(request.POST if sent == "scan" else None, initial={"network": own_network()})
    if sent == "type" and addresses.is_valid():
        wanted = addresses.cleaned_data["addresses"]
        return begin(request, "add", "Adding miners", {"addresses": wanted}, len(wanted))
    if sent == "scan" and network.is_valid():
        text = network.cleaned_data["network"]
        return begin(request, "scan", f"Looking through {text}", {"network": text}, len(hosts_of(text)))
    context = {"addresses": addresses, "network": network, "job": job_of(request), "known": Miner.objects.all()}
    return page(request, "miners", "setup-miners", context, 422 if sent else 200)


def begin(request: HttpRequest, kind: str, title: str, arguments: dict[str, Any], total: int) -> HttpResponse:
    job = start_job(
        kind=kind, title=title, actor=actor_of(request), arguments=arguments, total=total, now=read_clock()
    )
    return redirect(f"{request.path}?job={job.pk}")


@operator_required
@require_http_methods(["GET", "POST"])
def pool(request: HttpRequest) -> HttpResponse:
    """Add the first pool with one's wallet."""
    form = PoolForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        save_pool(
            form.save(commit=False),
            actor=actor_of(request),
            new_password=form.cleaned_data["new_password"],
            new_token=form.cleaned_data["new_token"],
        )
        return redirect("setup-preview")
    context = {"form": form, "pools": Pool.objects.all()}
    return page(request, "pool", "setup-pool", context, 422 if form.is_bound else 200)


@operator_required
def preview(request: HttpRequest) -> HttpResponse:
    """Show what the strategy would do with the known prices; nothing has been switched yet."""
    now = read_clock()
    version = edited_version()
    context = {
        "segments": plan(now)[:24],
        "prices": fetch_state(now),
        "bands": version.as_core(),
        "all_off": not any(band.runs for band in bands_in_force().bands),
        "enabled": strategy_state().enabled,
        "enrolled": Miner.objects.filter(enrolled=True).count(),
        "miners": Miner.objects.count(),
    }
    return page(request, "preview", "setup-preview", context)


@operator_required
@require_POST
def finish(request: HttpRequest) -> HttpResponse:
    """Take the example strategy, enrol every miner, switch on: each only when it was ticked."""
    now, actor = read_clock(), actor_of(request)
    if request.POST.get("example"):
        load_example(actor=actor, now=now)
        apply_now(actor=actor, now=now)
        return redirect("setup-preview")
    if request.POST.get("enrol"):
        enrol_all(actor)
    if request.POST.get("enable"):
        set_enabled(True, actor=actor, reason="first start")
    return redirect("home")


def enrol_all(actor: str) -> None:
    """Enrol every miner that may be commanded; lottery miners do not matter for energy and stay out."""
    now = read_clock()
    for miner in Miner.objects.filter(enrolled=False, trust="full").exclude(kind__in=lottery_kinds()):
        edit_miner(miner, {"enrolled": True}, actor=actor, now=now, reason="first start")
