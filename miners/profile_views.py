"""The pages of tuning profiles."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from hmm.accounts.access import actor_of, operator_required
from miners.drivers.base import Preset
from miners.forms import ProfileForm, ProfileFromMinerForm
from miners.models import Miner, TuningProfile
from miners.services.tuning import ProfileError, fitness, in_words, profile_of, remove_profile, save_profile


@operator_required
@require_http_methods(["GET", "POST"])
def profiles(request: HttpRequest) -> HttpResponse:
    """List the profiles, keep one made by hand, or keep what a miner runs at."""
    act = request.POST.get("act", "")
    by_hand = ProfileForm(request.POST if act == "keep" else None)
    from_miner = ProfileFromMinerForm(request.POST if act == "take" else None)
    actor = actor_of(request)
    if act == "keep" and by_hand.is_valid():
        save_profile(by_hand.instance, actor=actor)
        return redirect("profiles")
    if act == "take" and from_miner.is_valid():
        try:
            profile_of(from_miner.cleaned_data["miner"], name=from_miner.cleaned_data["name"], actor=actor)
        except ProfileError as error:
            from_miner.add_error("name", str(error))
        else:
            return redirect("profiles")
    context = {
        "own": TuningProfile.objects.filter(shipped=False),
        "shipped": TuningProfile.objects.filter(shipped=True),
        "by_hand": by_hand,
        "from_miner": from_miner,
        "miners": Miner.objects.all(),
    }
    return render(request, "miners/profiles.html", context, status=422 if act else 200)


@operator_required
@require_POST
def check(request: HttpRequest) -> HttpResponse:
    """Say, while it is typed, what a pair would mean: the limits, and who of the household could take it."""
    kind, _colon, chip = request.POST.get("chip", "").partition(":")
    typed = [request.POST.get(name, "") for name in ("frequency_mhz", "core_voltage_mv")]
    whole = [int(text) if text.isdecimal() and len(text) <= 5 else 0 for text in typed]
    fits = fitness(kind, chip, Preset(whole[0], whole[1]))
    context = {"fits": fits, "limits": in_words(fits.limits) if fits.limits else "", "complete": all(whole)}
    return render(request, "miners/partials/_fitness.html", context)


@operator_required
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a profile of one's own, or forget it."""
    found = get_object_or_404(TuningProfile, pk=pk, shipped=False)
    if request.POST.get("act") == "remove":
        remove_profile(found, actor=actor_of(request))
        messages.success(request, f"{found} is forgotten. What it set stays as it is.")
        return redirect("profiles")
    form = ProfileForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        save_profile(form.instance, actor=actor_of(request))
        return redirect("profiles")
    return render(request, "miners/profile_edit.html", {"form": form}, status=422 if form.is_bound else 200)
