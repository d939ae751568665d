"""The rules of the API: what each operation checks and does.

`spec` and `validation` judge a request by the OpenAPI document; `queues`, `records`, `sources`, `labelling`, `tags` and
`listings` do what it asks for, or raise a problem. Imports `_state` and `_formats`. Start in `queues`.
"""
