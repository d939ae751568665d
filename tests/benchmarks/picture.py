"""growth.png: what the operations cost as the records grow."""

from __future__ import annotations

from pathlib import Path

from .environments import OFFICIAL_VERSION
from .measuring import Point

PICTURE = Path(__file__).with_name("growth.png")


def draw(points: list[Point]) -> None:
    """Draw seconds over records, both on logarithmic scales: a straight line of slope one is linear."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    operations = list(dict.fromkeys(point.operation for point in points))
    figure, axes = pyplot.subplots(1, len(operations), figsize=(12, 3.4), sharey=True, layout="constrained")
    for axis, operation in zip(axes, operations, strict=True):
        for client, style in (("ours", "o-"), ("official", "s--")):
            line = [point for point in points if (point.client, point.operation) == (client, operation)]
            label = "arize-queues" if client == "ours" else f"arize {OFFICIAL_VERSION}"
            axis.loglog([point.records for point in line], [point.seconds for point in line], style, label=label)
        axis.set(title=operation, xlabel="records")
        axis.grid(visible=True, which="major", alpha=0.3)
    axes[0].set_ylabel("CPU seconds of the client")
    axes[0].legend(frameon=False)
    figure.savefig(PICTURE, dpi=110, metadata={"Software": None})
    pyplot.close(figure)
