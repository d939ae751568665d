"""Build the wheel, and test it with the source gone (`python -m scripts.release`).

`smoke` runs in an environment that has only the wheel. Imports no other script. Start in `__main__`.
"""
