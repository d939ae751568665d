"""The vocabulary of plans: what a call asks for, and how plans are combined.

A plan is a generator that performs no I/O. `steps` lists what it may ask for; `locks` has the lock that plans hold;
`combinators` run a plan under a lock or a deadline. Imports only `errors` of ours. Start in `steps`.
"""
