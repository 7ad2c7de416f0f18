"""The three roles: who only looks, who operates, who administers."""

VIEWER, OPERATOR, ADMIN = "viewer", "operator", "admin"
ROLES = (VIEWER, OPERATOR, ADMIN)  # each may what the ones before it may
