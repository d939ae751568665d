"""Fill the emulator: spaces, projects, spans, datasets, configs, users, and the ready-made world of the demo.

`seed` has the methods of `Emulator` that add things, `checks` and `rows` read their arguments, `demo` is the ready-made
world. Imports `_rules`, `_state` and `_formats`. Start in `seed`.
"""
