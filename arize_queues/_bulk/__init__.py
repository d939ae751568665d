"""Bulk calls: any number of records, as many requests at once as the server allows, nothing lost.

`job` tells the story of a bulk call; `add`, `delete` and `per_record` have its kinds. A job makes `batches` (data), the
`scheduler` sends them within the `limiter`, `isolation` splits those that the server declines, and `outcomes` keeps the
account. `ledger` and `progress` record what is done; `preconditions` checks rows against the queue. Imports `_sources`
and what is below it. Start in `job`.
"""
