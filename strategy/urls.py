"""Addresses of the strategy page and its acts."""

from django.urls import path

from strategy import views

urlpatterns = [
    path("", views.strategy, name="strategy"),
    path("status/", views.status, name="strategy-status"),
    path("chart/", views.chart, name="strategy-chart"),
    path("activity/", views.activity, name="strategy-activity"),
    path("bands/", views.bands, name="strategy-bands"),
    path("bands/<int:position>/", views.edit, name="band-edit"),
    path("bands/add/", views.add, name="band-add"),
    path("bands/<int:position>/remove/", views.remove, name="band-remove"),
    path("bands/reset/", views.reset, name="band-reset"),
    path("bands/example/", views.example, name="band-example"),
    path("bands/apply/", views.apply, name="band-apply"),
    path("override/", views.override, name="strategy-override"),
    path("switch/", views.switch, name="strategy-switch"),
    path("execute/", views.execute, name="strategy-execute"),
    path("enrolment/<int:pk>/", views.enrol, name="strategy-enrol"),
]
