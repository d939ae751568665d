"""Compare two upstream documents in what concerns the client (`python -m scripts.specdiff`).

`compare` walks both (`operations`, `schemas`, `values`, `security`), `rules` rates each difference, `findings` collects
them, `misfits` tries what `make spec` would do; `report` and `changelog` write them down. Imports `spec` and `codegen`.
Start in `compare`.
"""
