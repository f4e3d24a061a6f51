"""Pictures of records: pure functions, frames or arrays in, a matplotlib Figure or an image array out."""

import logging

logging.getLogger("matplotlib").setLevel(logging.ERROR)  # what it says of folders for its caches is no matter here
