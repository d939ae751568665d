"""The kit that all tests share: one clock, one maker of clients, one driver by hand, and prepared answers."""
