"""Generate code: the raw client from the checked-in spec, and the sync faces from the async ones.

`python -m scripts.codegen` writes, `python -m scripts.codegen.check` fails if the checked-in code differs. Imports no
other script. Start in `package`.
"""
