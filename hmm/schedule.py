"""What happens in which rhythm, and what does a job of a kind; every task by its name."""

from datetime import timedelta
from typing import Any

from celery.schedules import crontab

# The beat schedule, one line for each rhythm; `expires` drops what a stopped worker left behind. What sums up once a
# minute would begin in the same second, in which no reading reaches a page: a `countdown` sets them apart.
BEATS: dict[str, dict[str, Any]] = {
    "prove the worker works": {
        "task": "hmm.ops.tasks.beat_heart",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "fetch prices": {
        "task": "energy.tasks.refresh_due_prices",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "decide": {
        "task": "strategy.tasks.run_tick",
        "schedule": crontab(),
        "options": {"expires": 50},
    },
    "decide when a decision runs out": {
        "task": "strategy.tasks.run_due_tick",
        "schedule": 1.0,
        "options": {"expires": 2},
    },
    "poll what is due": {
        "task": "miners.tasks.dispatch_due",
        "schedule": 1.0,
        "options": {"expires": 2},
    },
    "look through networks": {
        "task": "miners.tasks.scan_due_networks",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "follow what was done to many": {
        "task": "miners.tasks.follow_bulk",
        "schedule": 1.0,
        "options": {"expires": 2},
    },
    "look at pools": {
        "task": "pools.tasks.dispatch_due",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "take in what pools told": {
        "task": "miners.tasks.take_in_pools",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "count costs": {
        "task": "energy.tasks.count_costs",
        "schedule": 60.0,
        "options": {"countdown": 15, "expires": 60},
    },
    "sum up readings": {
        "task": "miners.tasks.roll_up_readings",
        "schedule": 60.0,
        "options": {"countdown": 30, "expires": 60},
    },
    "tell what happened": {
        "task": "notifications.tasks.judge_news",
        "schedule": 2.0,
        "options": {"expires": 4},
    },
    "watch backups": {
        "task": "notifications.tasks.watch_backups",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "look for releases": {
        "task": "hmm.updates.tasks.look_for_releases",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "look after jobs": {
        "task": "hmm.jobs.tasks.mend_jobs",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "keep house": {
        "task": "hmm.ops.tasks.keep_house",
        "schedule": 60.0,
        "options": {"countdown": 45, "expires": 60},
    },
}
# Longer rhythms are due times in the database, so that nothing waits for hours after a start.
# `first` is how long after the very first start it waits: other things matter more then.
CHORES: dict[str, dict[str, Any]] = {
    "back up": {
        "task": "hmm.ops.tasks.back_up_daily",
        "every": timedelta(days=1),
        "first": timedelta(minutes=30),
    },
    "drop old jobs": {"task": "hmm.jobs.tasks.drop_old_jobs", "every": timedelta(days=1)},
    "drop old messages": {"task": "notifications.tasks.drop_old_messages", "every": timedelta(days=1)},
    "drop old pool statistics": {"task": "pools.tasks.drop_old_snapshots", "every": timedelta(days=1)},
    "drop old prices": {"task": "energy.tasks.purge_prices", "every": timedelta(days=1)},
    "drop old readings": {"task": "miners.tasks.purge_readings", "every": timedelta(hours=6)},
}
# What must not go on from where a backup was made, each called with `now` before a restored database is used.
AFTER_RESTORE = ("miners.services.restored.withdraw_all", "hmm.jobs.services.give_up_all")
# What does a job of a kind; a job is a row, so its message can be sent again.
JOBS = {
    "back_up": "hmm.ops.tasks.back_up_now",
    "check_backup": "hmm.ops.tasks.check_backup",
    "take_in_backup": "hmm.ops.tasks.take_in_backup",
    "restore": "hmm.ops.tasks.prepare_restore",
    "add": "miners.tasks.add_by_address",
    "scan": "miners.tasks.scan_network",
    "verify": "miners.tasks.verify_addresses",
    "bulk": "miners.tasks.run_bulk",
    "find_region": "energy.tasks.find_region",
    "home_assistant": "miners.tasks.ask_home_assistant",
    "fetch_prices": "energy.tasks.fetch_prices",
    "test_channel": "notifications.tasks.test_channel",
    "check_releases": "hmm.updates.tasks.check_releases",
}
