from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("jobs", "0004_lines_become_rows")]

    operations = [migrations.RemoveField(model_name="job", name="lines")]
