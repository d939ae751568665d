"""One request of the API, pure: build, spell, send with retries, decode.

`call` tells the story of one call; `attempts` repeats a request by the rules of `retry`; `negotiation` finds out which
of the two `revision`s the server speaks; `pagination` walks listings; `context` has the state that the calls of a
client share; `availability` refuses what the server certainly lacks; `prerelease` warns of unstable operations. Imports
`_settings` and what is below it. Start in `call`.
"""
