import django.db.models.deletion
from django.db import migrations, models

COINS = [("BTC", "Bitcoin"), ("BCH", "Bitcoin Cash"), ("DGB", "DigiByte"), ("BC2", "Bitcoin II")]


def name_coins(apps, _schema_editor):
    """Give each block its coin and its pool's name; of one block that two pools listed the first row stays."""
    block_of = apps.get_model("pools", "FoundBlock")
    seen = set()
    for block in block_of.objects.select_related("pool").order_by("pk"):
        key = (block.pool.coin, block.hash.lower())
        if key in seen:
            block.delete()
            continue
        seen.add(key)
        block.coin, block.hash, block.pool_label = block.pool.coin, block.hash.lower(), block.pool.name
        block.save(update_fields=["coin", "hash", "pool_label"])


def drop_those_without_a_pool(apps, _schema_editor):
    apps.get_model("pools", "FoundBlock").objects.filter(pool__isnull=True).delete()


class Migration(migrations.Migration):
    dependencies = [("pools", "0005_tls_and_earnings")]

    operations = [
        migrations.CreateModel(
            name="PoolWorker",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200)),
                ("hashrate_ths", models.FloatField(null=True)),
                ("online", models.BooleanField(null=True)),
                ("last_share_at", models.DateTimeField(null=True)),
                ("best_share", models.FloatField(null=True)),
                ("best_told", models.FloatField(null=True)),
                ("seen_at", models.DateTimeField()),
                ("seen_before", models.DateTimeField(null=True)),
                (
                    "pool",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="workers", to="pools.pool"
                    ),
                ),
            ],
            options={
                "ordering": ["pool", "name"],
                "constraints": [models.UniqueConstraint(fields=("pool", "name"), name="a_worker_of_a_pool_once")],
            },
        ),
        migrations.AddField("foundblock", "coin", models.CharField(choices=COINS, default="BTC", max_length=4), False),
        migrations.AddField("foundblock", "pool_label", models.CharField(default="", max_length=80)),
        migrations.RemoveConstraint("foundblock", "a_block_is_found_once"),
        migrations.AlterField(
            "foundblock",
            "pool",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="blocks", to="pools.pool"
            ),
        ),
        migrations.RunPython(name_coins, drop_those_without_a_pool),
        migrations.AddConstraint(
            "foundblock", models.UniqueConstraint(fields=("coin", "hash"), name="a_block_of_a_coin_is_found_once")
        ),
    ]
