"""Situations and decisions as JSON: how support asks, and how the activity stream keeps them. Pure."""
