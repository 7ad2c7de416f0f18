from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('strategy', '0004_automation_rules'),
    ]

    operations = [
        migrations.AddField(
            model_name='bandversion',
            name='shape',
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='strategystate',
            name='current_shape',
            field=models.BigIntegerField(blank=True, null=True),
        ),
    ]
