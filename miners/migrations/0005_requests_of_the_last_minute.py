from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("miners", "0004_codes_and_proof"), ("miners", "0004_pushed_and_heard")]

    operations = [
        migrations.AddField(model_name="miner", name="requests_at", field=models.JSONField(default=list)),
    ]
