"""How long a test waits for what must come: an end for tests that would hang, never a measure of speed.

Whoever waits goes on at once when the thing is there, so the figure may be generous: machines have other work too.
"""

PATIENCE = 90.0  # seconds
