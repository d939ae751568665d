"""All I/O: the drivers that run plans, their workers, and the HTTP client.

`drivers` carries out the steps of a plan, sync and async; `workers` sends background requests in threads or tasks;
`locks` waits for locks; `timed` sends within a deadline; `http` builds requests and keeps the httpx client. Only
`_client` and `annotation_queues` use this package; it uses `_plans`, `_settings`, `_clock`, `_version` and `errors`.
Start in `drivers`.
"""
