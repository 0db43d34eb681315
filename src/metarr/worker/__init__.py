"""The worker: wake, claim, run the phase, settle in one transaction, claim the next. N slots, graceful stop."""

from metarr.worker.loop import Worker

__all__ = ["Worker"]
