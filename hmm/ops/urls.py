from django.urls import path

from hmm.ops.views import healthz

urlpatterns = [path("healthz", healthz, name="healthz")]
