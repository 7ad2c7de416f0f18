from django.urls import path

from hmm.updates import views

urlpatterns = [
    path("", views.updates, name="updates"),
    path("check/", views.check, name="updates-check"),
    path("skip/", views.skip, name="updates-skip"),
]
