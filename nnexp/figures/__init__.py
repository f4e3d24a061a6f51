"""Pictures of records: pure functions, frames or arrays in, a matplotlib Figure or an image array out."""
