"""Addresses of the pool pages."""

from django.urls import path

from pools import coin_views, views

urlpatterns = [
    path("", views.pools, name="pools"),
    path("add/", views.add, name="pool-add"),
    path("coins/", coin_views.coins, name="coins"),
    path("coins/<slug:kind>/", coin_views.source, name="coin-source"),
    path("<int:pk>/", views.edit, name="pool-edit"),
    path("<int:pk>/earnings/", views.earnings, name="pool-earnings"),
    path("<int:pk>/delete/", views.delete, name="pool-delete"),
]
