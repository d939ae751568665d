"""Arguments of the caller: checked, told apart, parsed.

`checks` collects every problem of a call before anything is sent; `identifiers` tells names from IDs; `times` parses
points in time; `messages` has the words of a problem. Imports nothing of ours but `errors` and `_clock`. Start in
`checks`.
"""
