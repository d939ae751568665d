"""Shared test kit: a manual clock, client factories, plans driven by hand and canned responses."""
