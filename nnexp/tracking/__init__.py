"""Records into MLflow: a view of them that can be looked at, searched, deleted, and written again.

One MLflow experiment per sweep name, and in it three levels, told apart by the tag `level`: the sweep, its configurations, and
its runs. `entries` says what is to be shown, from records, by `metrics` and `values`, `boundaries`, `page`, `models` and
`data`; `sync` compares it with what the store has, and has one of two writers, `bulk` or `client`, write what is missing;
`views` adds ready dashboards, and `server` serves them.
"""
