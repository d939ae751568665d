"""The place of `types` in the official package, so that its imports work with only the package's name changed."""
