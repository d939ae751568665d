"""Names to IDs: spaces, queues, annotation configs, projects, datasets.

`resolver` has the names of one call; `search` looks a name up in a listing; `resources` lists what has names; `cache`
keeps IDs between calls. Imports `_request` and what is below it. Start in `resolver`.
"""
