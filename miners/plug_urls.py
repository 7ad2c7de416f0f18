"""Addresses of Home Assistant's pages."""

from django.urls import path

from miners import plug_views

urlpatterns = [
    path("", plug_views.home_assistant, name="home-assistant"),
    path("connection/", plug_views.edit_connection, name="home-assistant-connection"),
    path("try/", plug_views.try_connection, name="home-assistant-try"),
    path("meters/", plug_views.set_meter, name="meter-set"),
    path("plugs/add/", plug_views.add_plug, name="plug-add"),
    path("plugs/<int:pk>/", plug_views.edit_plug, name="plug-edit"),
    path("plugs/<int:pk>/remove/", plug_views.remove, name="plug-remove"),
    path("plugs/<int:pk>/switch/", plug_views.switch_plug, name="plug-switch"),
]
