"""The state of the emulator: a SQLite store, and the world in it.

`store` and `schema` keep tables, `world` has the settings and the clock that all rules share, `ids` builds and parses
IDs. Imports `_formats`. Start in `world`.
"""
