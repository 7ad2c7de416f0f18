"""Addresses of the activity stream."""

from django.urls import path

from hmm.audit import views

urlpatterns = [
    path("", views.activity, name="activity"),
    path("export.csv", views.export, name="activity-export"),
    path("<int:pk>/situation.json", views.situation, name="activity-situation"),
]
