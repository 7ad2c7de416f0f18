from django.urls import path

from hmm.ops import backup_views as backups
from hmm.ops.views import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("settings/backups/", backups.backups, name="backups"),
    path("settings/backups/make/", backups.make, name="backup-make"),
    path("settings/backups/keep/", backups.keep, name="backup-keep"),
    path("settings/backups/upload/", backups.upload, name="backup-upload"),
    path("settings/backups/<str:name>/", backups.download, name="backup-download"),
    path("settings/backups/<str:name>/check/", backups.check, name="backup-check"),
    path("settings/backups/<str:name>/remove/", backups.remove, name="backup-remove"),
    path("settings/backups/<str:name>/restore/", backups.restore, name="backup-restore"),
]
