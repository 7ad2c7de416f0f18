"""Addresses of the miners' pages; one miner's own page draws on the layers above, see `hmm.dashboards`."""

from django.urls import path

from miners import finding_views, profile_views, views

urlpatterns = [
    path("", views.miners, name="miners"),
    path("add/", views.add, name="miner-add"),
    path("lottery/", views.lottery_miners, name="miners-lottery"),
    path("find/", finding_views.find, name="miners-find"),
    path("find/<int:pk>/add/", finding_views.add_offered, name="miners-find-add"),
    path("find/networks/<int:pk>/", finding_views.change_network, name="scan-network"),
    path("profiles/", profile_views.profiles, name="profiles"),
    path("profiles/check/", profile_views.check, name="profile-check"),
    path("profiles/<int:pk>/", profile_views.profile, name="profile"),
    path("health/", views.health_limits, name="miner-health"),
    path("bulk/", views.do_to_many, name="miners-bulk"),
    path("<int:pk>/command/", views.command, name="miner-command"),
    path("<int:pk>/code-secret/", views.code_secret, name="miner-code-secret"),
    path("<int:pk>/configuration/", views.configuration, name="miner-configuration"),
    path("<int:pk>/edit/", views.edit, name="miner-edit"),
    path("<int:pk>/overclock/", views.overclock, name="miner-overclock"),
    path("<int:pk>/remove/", views.remove, name="miner-remove"),
]
