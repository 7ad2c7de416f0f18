"""Addresses of Home and its parts."""

from django.urls import path

from hmm.dashboards import pwa, views
from hmm.dashboards.miner_page import miner

urlpatterns = [
    path("", views.home, name="home"),
    path("home/hero/", views.home_hero, name="home-hero"),
    path("home/attention/", views.home_attention, name="home-attention"),
    path("home/figures/", views.home_figures, name="home-figures"),
    path("home/tiles/", views.home_tiles, name="home-tiles"),
    path("shell/chip/", views.shell_chip, name="shell-chip"),
    path("shell/banner/", views.shell_banner, name="shell-banner"),
    path("shell/bell/", views.bell, name="bell"),
    path("shell/bell/read/", views.bell_read, name="bell-read"),
    path("shell/celebration/", views.shell_celebration, name="shell-celebration"),
    path("manifest.webmanifest", pwa.manifest, name="manifest"),
    path("sw.js", pwa.service_worker, name="service-worker"),
    path("offline/", pwa.offline, name="offline"),
    path("search/", views.search_page, name="search"),
    path("miners/<int:pk>/", miner, name="miner"),
    path("more/", views.more, name="more"),
]
