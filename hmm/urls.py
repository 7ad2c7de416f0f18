"""Every address of the product, an app a line."""

from django.contrib import admin
from django.urls import include, path

from hmm.accounts.views import admin_login
from hmm.api import api, docs

urlpatterns = [
    path("admin/login/", admin_login),
    path("admin/", admin.site.urls),
    path("api/", api.urls),
    path("docs", docs, name="api-docs"),
    path("miners/", include("miners.urls")),
    path("settings/notifications/", include("notifications.urls")),
    path("settings/updates/", include("hmm.updates.urls")),
    path("settings/home-assistant/", include("miners.plug_urls")),
    path("strategy/", include("strategy.urls")),
    path("energy/", include("energy.urls")),
    path("analytics/", include("strategy.analytics_urls")),
    path("pools/", include("pools.urls")),
    path("pools/", include("miners.pool_urls")),
    path("activity/", include("hmm.audit.urls")),
    path("jobs/", include("hmm.jobs.urls")),
    path("setup/", include("hmm.setup.urls")),
    path("", include("hmm.accounts.urls")),
    path("", include("hmm.ops.urls")),
    path("", include("hmm.dashboards.urls")),
]
