"""Addresses of the miners' pages."""

from django.urls import path

from miners import views

urlpatterns = [
    path("", views.miners, name="miners"),
    path("<int:pk>/", views.miner, name="miner"),
]
