"""Every address of the product, an app a line."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("miners/", include("miners.urls")),
    path("pools/", include("pools.urls")),
    path("", include("hmm.ops.urls")),
    path("", include("hmm.dashboards.urls")),
]
