"""Addresses of the strategy page and its acts."""

from django.urls import path

from strategy import band_views, rule_views, views

urlpatterns = [
    path("", views.strategy, name="strategy"),
    path("status/", views.status, name="strategy-status"),
    path("chart/", views.chart, name="strategy-chart"),
    path("activity/", views.activity, name="strategy-activity"),
    path("why/", views.why, name="strategy-why"),
    path("why/<int:pk>/", views.why_miner, name="strategy-why-miner"),
    path("preview/", views.preview, name="strategy-preview"),
    path("bands/", band_views.bands, name="strategy-bands"),
    path("bands/<int:position>/", band_views.edit, name="band-edit"),
    path("bands/add/", band_views.add, name="band-add"),
    path("bands/<int:position>/remove/", band_views.remove, name="band-remove"),
    path("bands/reset/", band_views.reset, name="band-reset"),
    path("bands/example/", band_views.example, name="band-example"),
    path("bands/apply/", band_views.apply, name="band-apply"),
    path("bands/undo/", band_views.undo, name="band-undo"),
    path("bands/discard/", band_views.discard, name="band-discard"),
    path("override/", views.override, name="strategy-override"),
    path("safety/", views.safety, name="strategy-safety"),
    path("switch/", views.switch, name="strategy-switch"),
    path("execute/", views.execute, name="strategy-execute"),
    path("enrolment/<int:pk>/", views.enrol, name="strategy-enrol"),
    path("rules/", rule_views.rules, name="rules"),
    path("rules/add/", rule_views.add, name="rule-add"),
    path("rules/<int:pk>/", rule_views.rule, name="rule"),
    path("rules/<int:pk>/edit/", rule_views.edit, name="rule-edit"),
    path("rules/<int:pk>/switch/", rule_views.switch, name="rule-switch"),
    path("rules/<int:pk>/remove/", rule_views.remove, name="rule-remove"),
]
