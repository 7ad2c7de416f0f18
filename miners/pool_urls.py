"""Addresses of the pool pages that show miners too; those that only change pools are in `pools.urls`."""

from django.urls import path

from miners import pool_views

urlpatterns = [
    path("", pool_views.pools, name="pools"),
    path("luck/", pool_views.luck, name="luck"),
    path("<int:pk>/", pool_views.pool, name="pool"),
]
