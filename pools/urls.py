"""Addresses where pools are added, changed and removed; those that show them are in `miners.pool_urls`."""

from django.urls import path

from pools import coin_views, views

urlpatterns = [
    path("add/", views.add, name="pool-add"),
    path("coins/", coin_views.coins, name="coins"),
    path("coins/<slug:kind>/", coin_views.source, name="coin-source"),
    path("<int:pk>/edit/", views.edit, name="pool-edit"),
    path("<int:pk>/earnings/", views.earnings, name="pool-earnings"),
    path("<int:pk>/delete/", views.delete, name="pool-delete"),
]
