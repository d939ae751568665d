"""Make the checked-in spec of an upstream OpenAPI document and the overlay (`python -m scripts.spec`).

The document is read and checked (`data`, `document`, `shape`, `dialect`), cut down to the operations of the client
(`scope`, `references`), corrected (`overlay`), and written in a fixed order (`rendering`). Start in `assemble`.
"""
