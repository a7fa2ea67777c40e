"""Pacing: how often an archive may be asked. `Throttle` is what middlewares use; the rest is behind it."""
