"""Addresses of the wizard; only the link itself is open without an account."""

from django.urls import path

from hmm.setup import views

urlpatterns = [
    path("", views.start, name="setup"),
    path("tariff/", views.tariff, name="setup-tariff"),
    path("miners/", views.miners, name="setup-miners"),
    path("pool/", views.pool, name="setup-pool"),
    path("preview/", views.preview, name="setup-preview"),
    path("finish/", views.finish, name="setup-finish"),
    path("<str:token>/", views.account, name="setup-account"),
]
