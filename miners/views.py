"""The miners' pages."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def miners(request: HttpRequest) -> HttpResponse:
    return render(request, "miners/miners.html")


def miner(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "miners/miner.html", {"pk": pk})
