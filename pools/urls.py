"""Addresses of the pool pages."""

from django.urls import path

from pools import views

urlpatterns = [
    path("", views.pools, name="pools"),
    path("add/", views.add, name="pool-add"),
    path("<int:pk>/", views.edit, name="pool-edit"),
    path("<int:pk>/delete/", views.delete, name="pool-delete"),
]
