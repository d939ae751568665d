"""Record sources: which spans, traces, sessions and examples go into a queue.

`sources` has the four classes; `reader` converts every other form to them; `time_ranges` cuts rows into the windows
that the API allows; `packing` fills requests within its limits; `resolution` resolves projects and datasets. Imports
`_names` and what is below it. Start in `sources`.
"""
