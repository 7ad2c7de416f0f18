"""The address of the analytics page."""

from django.urls import path

from strategy.analytics_views import analytics

urlpatterns = [path("", analytics, name="analytics")]
