"""What the Makefile runs: packages, each a command of its own (`python -m scripts.<name>`).

Imports go from `specdiff` and `parity` to `codegen` and `spec`, never back. Start in the package of the command.
"""
