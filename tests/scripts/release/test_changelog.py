"""The changelog and the package agree on the newest version."""

from __future__ import annotations

import re
from pathlib import Path

import arize_queues

CHANGELOG = (Path(__file__).resolve().parents[3] / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_newest_version_of_the_changelog_is_the_package_s() -> None:
    """The first heading with a number has the package's."""
    versions = re.findall(r"^## \[(\d[^\]]*)\] - \d{4}-\d{2}-\d{2}$", CHANGELOG, re.MULTILINE)
    assert versions[0] == arize_queues.__version__


def test_every_version_of_the_changelog_has_a_date() -> None:
    """Only what is not released yet has none."""
    headings = re.findall(r"^## (.*)$", CHANGELOG, re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    assert all(re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}", heading) for heading in headings[1:])
