"""The page that finds miners: networks, the newest search with what it found, and what to do when one is missing."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from hmm.accounts.access import actor_of, operator_required
from hmm.clock import now as read_clock
from hmm.hosts import AddressRefusedError
from hmm.jobs.models import Job
from hmm.jobs.services import start_job
from miners.discovery import own_network
from miners.forms import CheckAddressForm, ScanForm, ScanNetworkForm
from miners.models import Miner, ScanNetwork
from miners.services.finding import offers, remove_network, save_network, scan_kept, start_scan, switch_network

SEARCHES = ("scan", "verify", "add")
ADD_MOST = 500


@operator_required
@require_http_methods(["GET", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """Show the newest search, and start one."""
    sent = request.POST.get("act", "")
    scan = ScanForm(request.POST if sent == "scan" else None, initial={"network": own_network()})
    check = CheckAddressForm(request.POST if sent == "check" else None)
    network = ScanNetworkForm(request.POST if sent == "network" else None)
    for form, begin in ((scan, begin_scan), (check, begin_check), (network, keep_network)):
        if form.is_bound and form.is_valid():
            return begin(request, form.cleaned_data)
    job = searched(request.GET.get("job", ""))
    context = {
        "scan": scan,
        "check": check,
        "network_form": network,
        "networks": ScanNetwork.objects.all(),
        "job": job,
        "offers": list(offers(job.lines)) if job is not None else [],
        "known": Miner.objects.count(),
    }
    return render(request, "miners/find.html", context, status=422 if sent else 200)


def searched(number: str) -> Job | None:
    """Return the search that is meant, else the newest one."""
    jobs = Job.objects.filter(kind__in=SEARCHES)
    if number.isdecimal() and len(number) < 18:
        return jobs.filter(pk=int(number)).first()
    return jobs.filter(kind="scan").first()


def begin_scan(request: HttpRequest, said: dict[str, str]) -> HttpResponse:
    job = start_scan(
        [said["network"]],
        ports=said["ports"],
        large=bool(said["large"]),
        add=bool(said["add"]),
        actor=actor_of(request),
        now=read_clock(),
    )
    return to_job(job)


def begin_check(request: HttpRequest, said: dict[str, str]) -> HttpResponse:
    job = start_job(
        kind="verify",
        title=f"Asking {said['host']}",
        actor=actor_of(request),
        arguments={"addresses": [said["host"]], "ports": said["port"]},
        total=1,
        now=read_clock(),
    )
    return to_job(job)


def keep_network(request: HttpRequest, said: dict[str, str]) -> HttpResponse:
    network = save_network(ScanNetwork(**said), actor=actor_of(request), now=read_clock())
    messages.success(
        request, f"{network} is kept and looked through within a minute, then every {network.every_h} h."
    )
    return redirect("miners-find")


def to_job(job: Job) -> HttpResponse:
    return redirect(f"{redirect('miners-find').url}?job={job.pk}")


@operator_required
@require_POST
def add_offered(request: HttpRequest, pk: int) -> HttpResponse:
    """Add what a search found: the addresses ticked, or every one."""
    offered = [line["target"] for line in offers(get_object_or_404(Job, pk=pk).lines)]
    asked = set(request.POST.getlist("address"))
    wanted = [address for address in offered if address in asked or "all" in request.POST][:ADD_MOST]
    if not wanted:
        messages.info(request, "There is nothing left to add of this search.")
        return redirect("miners-find")
    job = start_job(
        kind="add",
        title=f"Adding {len(wanted)} miner{'s' if len(wanted) > 1 else ''}",
        actor=actor_of(request),
        arguments={"addresses": wanted},
        total=len(wanted),
        now=read_clock(),
    )
    return to_job(job)


@operator_required
@require_POST
def change_network(request: HttpRequest, pk: int) -> HttpResponse:
    """Look through a kept network now, switch its rhythm on or off, or forget it."""
    network = get_object_or_404(ScanNetwork, pk=pk)
    act, actor, now = request.POST.get("act", ""), actor_of(request), read_clock()
    if act == "remove":
        remove_network(network, actor=actor)
        messages.success(request, f"{network} is forgotten. Its miners stay.")
        return redirect("miners-find")
    try:
        if act == "switch":
            switch_network(network, actor=actor, now=now)
        elif act == "scan":
            return to_job(scan_kept(network, actor=actor, now=now))
    except AddressRefusedError as error:
        messages.error(request, str(error))
    return redirect("miners-find")
