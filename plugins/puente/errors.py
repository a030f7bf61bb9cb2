"""What can go wrong, in words for the person who reads a task log: the table, the row and the remedy."""

from __future__ import annotations


class PuenteError(Exception):
    """Base of every error that Puente raises on purpose."""


class ContractBroken(PuenteError):
    """A queue or a capture SELECT lacks what the contract requires. Nothing was read or deleted."""


class LeaseHeld(PuenteError):
    """Another worker is at this entity. The task may simply be retried."""


class StaleWorker(PuenteError):
    """A newer worker took over; this one's transaction was rolled back."""


class TransactionLost(PuenteError):
    """The server rolled a transaction back unnoticed; nothing of it was committed."""


class LandingFailed(PuenteError):
    """What was landed is not what was read. The queue keeps its rows."""


class GateClosed(PuenteError):
    """A batch-level check failed. The batch stays whole until `python -m puente batch release | discard`."""


class MassChange(PuenteError):
    """So much vanished or turned 0 at once that an accident is likelier than a decision (invariant I8)."""


class Unbalanced(PuenteError):
    """Landed rows are not accounted for, each in exactly one state (invariant I6)."""


class AlreadyDecided(PuenteError):
    """What a person decides on does not wait any more: somebody else was quicker, or a run."""


class SamePerson(PuenteError):
    """Whoever asked for a decision cannot be the second person who confirms it."""


class NotYetCleared(PuenteError):
    """A batch cannot be discarded while rows of it may still lie in their queue."""


class LeftBehind(PuenteError):
    """Backups on this machine are spoilt and were not carried to Azure; what could be carried was."""


class Paused(PuenteError):
    """A person paused this link or entity."""


class OncallWrong(PuenteError):
    """Somebody or something in the settings of on-call is wrong: not everybody hears of alerts."""


class Ambiguous(PuenteError):
    """A record may be more than one record of the other side; nothing was bound (invariant I9)."""
