GRACE_S = 10.0  # from TERM to KILL
