"""Addresses of jobs."""

from django.urls import path

from hmm.jobs import views

urlpatterns = [
    path("<int:pk>/", views.job, name="job"),
    path("<int:pk>/cancel/", views.cancel, name="job-cancel"),
]
