"""The composition root: the only place that constructs and wires, reads the process configuration, and starts things.

Nothing is imported here: a worker needs no web server, and a command that asks one needs neither.
"""
