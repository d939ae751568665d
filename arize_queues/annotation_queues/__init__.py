"""The two faces of the calls on annotation queues.

`_async` is written by hand; `_sync` is generated from it by `make generate`. `types` stands where the official package
has it, so that imports work with only the name of the package changed. The faces use `_operations` and `_runtime`.
Start in `_async`.
"""
