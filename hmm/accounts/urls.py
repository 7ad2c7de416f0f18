"""Addresses of signing in and out."""

from django.contrib.auth import views as auth_views
from django.urls import path

from hmm.accounts import views

urlpatterns = [
    path("login/", views.SignIn.as_view(), name="login"),
    path("logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("password/", views.ChangePassword.as_view(), name="password"),
    path("settings/", views.settings_page, name="settings"),
    path("settings/tokens/add/", views.add_token, name="token-add"),
    path("settings/tokens/<int:pk>/revoke/", views.revoke, name="token-revoke"),
    path("settings/people/add/", views.add_person, name="person-add"),
]
