"""Backups: one file with the whole database, proven by restoring it, and the way back from it."""
