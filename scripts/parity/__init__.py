"""Run the parity cases against Arize's own clients, and write tests/parity/MATRIX.md (`python -m scripts.parity`).

`cases` expands the cases, `stage` and `server` play them, `clients` runs the official clients, `judge` compares.
Imports `codegen` for the limits. Start in `cases`.
"""
