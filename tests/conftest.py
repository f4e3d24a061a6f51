"""What every test shares: where its helpers are found, and how hypothesis draws its examples."""

from hypothesis import settings

settings.register_profile("same every time", derandomize=True, deadline=None, database=None)
settings.load_profile("same every time")
