"""Measurements, run by `make bench`. Each module measures one theme; `python -m benchmarks --help` tells more."""
