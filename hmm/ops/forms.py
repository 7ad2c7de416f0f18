"""What is typed on the page of backups."""

from django import forms

from hmm.ops.models import BackupSettings


class KeepForm(forms.ModelForm[BackupSettings]):
    """How many backups stay."""

    class Meta:
        model = BackupSettings
        fields = ["kept"]
        help_texts = {
            "kept": "The oldest automatic ones go first; what you made or uploaded stays until you delete it."
        }


class UploadForm(forms.Form):
    """A backup from elsewhere."""

    file = forms.FileField(
        label="A backup file", widget=forms.ClearableFileInput(attrs={"accept": ".zip", "class": "form-control"})
    )
