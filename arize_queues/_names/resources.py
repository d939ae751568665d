"""The resources that have names: how each is listed, and what its IDs look like."""

from __future__ import annotations

from typing import Any

import attrs
from arize_queues_raw.api.annotation_configs import list_annotation_configs
from arize_queues_raw.api.annotation_queues import list_annotation_queues
from arize_queues_raw.api.datasets import list_datasets
from arize_queues_raw.api.projects import list_projects
from arize_queues_raw.api.spaces import list_spaces

from arize_queues._inputs.identifiers import is_id


@attrs.frozen
class Resource:
    """A kind of named resource.

    Attributes:
        label: Its name in error texts.
        endpoint: The generated module that lists it.
        prefixes: The ID prefixes that Arize's documentation shows for it.
    """

    label: str
    endpoint: Any
    prefixes: tuple[str, ...]

    def has_id(self, value: str) -> bool:
        """Return True if the value is an ID of this resource, False if it is a name."""
        return is_id(value, self.prefixes)


SPACE = Resource("space", list_spaces, ("spc_",))
QUEUE = Resource("annotation queue", list_annotation_queues, ("aq_",))
CONFIG = Resource("annotation config", list_annotation_configs, ("ac_",))
PROJECT = Resource("project", list_projects, ("proj_", "prj_"))
DATASET = Resource("dataset", list_datasets, ("ds_",))
RESOURCES = {resource.label: resource for resource in (SPACE, QUEUE, CONFIG, PROJECT, DATASET)}
