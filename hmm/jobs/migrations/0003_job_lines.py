import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("jobs", "0002_job_touched_at")]

    operations = [
        migrations.AlterField(
            model_name="job",
            name="status",
            field=models.CharField(choices=[("waiting", "Waiting"), ("running", "Running"), ("done", "Done"), ("failed", "Failed"), ("cancelled", "Cancelled")], default="waiting", max_length=9),
        ),
        migrations.CreateModel(
            name="JobLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("target", models.CharField(blank=True, max_length=260)),
                ("label", models.CharField(max_length=260)),
                ("state", models.CharField(choices=[("waiting", "waiting"), ("working", "under way"), ("done", "done"), ("failed", "not done")], default="waiting", max_length=7)),
                ("text", models.TextField(blank=True)),
                ("detail", models.JSONField(blank=True, null=True)),
                ("job", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="line_rows", to="jobs.job")),
            ],
            options={
                "ordering": ["pk"],
                "indexes": [models.Index(fields=["job", "state"], name="line_of_job")],
            },
        ),
    ]
