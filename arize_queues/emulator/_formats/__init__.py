"""How the API writes things: JSON, problems, times, and the enum spellings of both revisions.

Imports nothing of the emulator. Start in `problems`.
"""
