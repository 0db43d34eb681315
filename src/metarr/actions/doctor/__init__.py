"""Everything that can be wrong with an installation, looked for at once: each finding with what to do about it.

Health tells what work ran into; the doctor looks before anything does.
"""

from metarr.actions.doctor.finding import Finding, Level
from metarr.actions.doctor.visit import CHECKS, visit

__all__ = ["CHECKS", "Finding", "Level", "visit"]
