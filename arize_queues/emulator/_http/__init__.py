"""The HTTP side of the emulator: the server, the gate in front of it, faults, the journal, orders.

`server` runs uvicorn, `gate` checks the key and strikes with `faults`, `app` routes requests to the rules, `control`
takes orders over HTTP, `journal` keeps what arrived. Imports `_rules`, `_state` and `_formats`. Start in `app`.
"""
