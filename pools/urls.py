"""Addresses where pools are added, changed and removed; those that show them are in `miners.pool_urls`."""

from django.urls import path

from pools import views

urlpatterns = [
    path("add/", views.add, name="pool-add"),
    path("<int:pk>/edit/", views.edit, name="pool-edit"),
    path("<int:pk>/delete/", views.delete, name="pool-delete"),
]
