from django.db import migrations

BATCH = 500


def to_rows(apps, _editor):
    jobs, rows = apps.get_model("jobs", "Job"), apps.get_model("jobs", "JobLine")
    for job in jobs.objects.exclude(lines=[]).only("pk", "lines").iterator(chunk_size=BATCH):
        rows.objects.bulk_create(
            [
                rows(
                    job_id=job.pk,
                    label=line["label"][:260],
                    text=line["text"],
                    state="done" if line["good"] else "failed",
                )
                for line in job.lines
            ],
            batch_size=BATCH,
        )


def to_list(apps, _editor):
    jobs, rows = apps.get_model("jobs", "Job"), apps.get_model("jobs", "JobLine")
    for job in jobs.objects.only("pk").iterator(chunk_size=BATCH):
        lines = rows.objects.filter(job_id=job.pk).order_by("pk")
        job.lines = [{"label": line.label, "good": line.state == "done", "text": line.text} for line in lines]
        job.save(update_fields=["lines"])


class Migration(migrations.Migration):

    dependencies = [("jobs", "0003_job_lines")]

    operations = [migrations.RunPython(to_rows, to_list)]
