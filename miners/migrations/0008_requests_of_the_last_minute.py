from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("miners", "0007_configure_command")]

    operations = [
        migrations.AddField(model_name="miner", name="requests_at", field=models.JSONField(default=list)),
    ]
