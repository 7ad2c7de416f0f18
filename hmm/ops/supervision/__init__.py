"""One process that starts the others, watches them, and leaves none behind."""
