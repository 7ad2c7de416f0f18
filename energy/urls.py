"""Addresses of the energy page."""

from django.urls import path

from energy import tariff_views, views

urlpatterns = [
    path("", views.energy, name="energy"),
    path("forecast/", views.forecast, name="energy-forecast"),
    path("costs/", views.costs, name="energy-costs"),
    path("ledger.csv", views.ledger, name="energy-ledger"),
    path("region/", views.region, name="energy-region"),
    path("tariff/", tariff_views.tariff, name="energy-tariff"),
    path("update/", views.update, name="energy-update"),
]
