"""Addresses of the pages of notifications."""

from django.urls import path

from notifications import views

urlpatterns = [
    path("", views.notifications, name="notifications"),
    path("channels/add/<slug:kind>/", views.add, name="channel-add"),
    path("channels/<int:pk>/", views.edit, name="channel-edit"),
    path("channels/<int:pk>/test/", views.test, name="channel-test"),
    path("channels/<int:pk>/switch/", views.switch, name="channel-switch"),
    path("channels/<int:pk>/remove/", views.remove, name="channel-remove"),
    path("events/", views.routes, name="event-routes"),
    path("events/<slug:event>/", views.words, name="event-words"),
    path("prices/", views.prices, name="notification-prices"),
    path("maintenance/", views.maintenance, name="maintenance"),
    path("incidents/<int:pk>/<slug:act>/", views.act_on_incident, name="incident-act"),
]
