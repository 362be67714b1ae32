"""Faults of requests, of music, and of the services."""

from __future__ import annotations

from servicekit.faults.base import Fact, Fault


class InvalidInput(Fault):
    """The value of a field is not valid; the same request fails again."""

    reason = "INVALID_INPUT"
    grpc_code = "INVALID_ARGUMENT"
    http_status = 422


class MidiUnreadable(InvalidInput):
    """The bytes are not a Standard MIDI File, or a damaged one."""

    reason = "MIDI_UNREADABLE"
    http_status = 400


class UnsupportedTimeDivision(MidiUnreadable):
    """The MIDI file has 0 ticks per quarter note, or counts time in frames of no known rate."""

    reason = "UNSUPPORTED_TIME_DIVISION"


class AudioUnreadable(InvalidInput):
    """The bytes are not an audio file that can be decoded, or a damaged one."""

    reason = "AUDIO_UNREADABLE"
    http_status = 400


class TooLarge(InvalidInput):
    """The input exceeds a size limit."""

    reason = "TOO_LARGE"
    http_status = 413


class MidiTooLarge(TooLarge):
    """The MIDI file is larger than 2 MiB, or longer than the limits of `score.midi`."""

    reason = "MIDI_TOO_LARGE"


class AudioTooLong(TooLarge):
    """The recording is longer than the transcriber accepts."""

    reason = "AUDIO_TOO_LONG"


class UnsupportedMediaType(InvalidInput):
    """The file is neither MIDI nor audio, or the requested format does not exist."""

    reason = "WRONG_TYPE"
    http_status = 415


class NoNotes(InvalidInput):
    """The MIDI file is readable but has no notes."""

    reason = "NO_NOTES"


class NoPitchedNotes(InvalidInput):
    """All notes are drums, but the call needs pitches."""

    reason = "NO_PITCHED_NOTES"


class UnknownStyle(InvalidInput):
    """No style has this id."""

    reason = "UNKNOWN_STYLE"


class UnsupportedMeter(InvalidInput):
    """The style does not exist in this meter."""

    reason = "UNSUPPORTED_METER"


class IrregularMeter(InvalidInput):
    """A piece to blend is in a meter such as 5/4 or 7/8, and the request does not ask for its conversion."""

    reason = "IRREGULAR_METER"


class UnknownKey(InvalidInput):
    """The text is not the name of a key."""

    reason = "UNKNOWN_KEY"


class ForbiddenAddress(InvalidInput):
    """The web address must not be fetched: because of its scheme, its host, or what the host resolves to."""

    reason = "ADDRESS_REFUSED"


class IdempotencyMismatch(InvalidInput):
    """The same ``Idempotency-Key`` was used before with another body."""

    reason = "IDEMPOTENCY_MISMATCH"


class NotFound(Fault):
    """Nothing has this id or path."""

    reason = "NOT_FOUND"
    grpc_code = "NOT_FOUND"
    http_status = 404


class SoundFontNotFound(NotFound):
    """No usable SoundFont of this name is installed."""

    reason = "SOUNDFONT_NOT_FOUND"


class ShareEnded(NotFound):
    """The link to a shared piece was ended, has expired, or its piece was deleted."""

    reason = "SHARE_ENDED"
    http_status = 410


class MethodNotAllowed(Fault):
    """The path or service exists, but not this method."""

    reason = "NOT_ALLOWED"
    grpc_code = "UNIMPLEMENTED"
    http_status = 405


class Conflict(Fault):
    """The resource is in a state that does not allow this operation."""

    reason = "CONFLICT"
    grpc_code = "ABORTED"
    http_status = 409


class JobFinished(Conflict):
    """The job has finished and cannot be cancelled."""

    reason = "JOB_FINISHED"


class RangeUnsatisfiable(Fault):
    """The requested byte range is outside the file."""

    reason = "RANGE_UNSATISFIABLE"
    grpc_code = "OUT_OF_RANGE"
    http_status = 416


class Overloaded(Fault):
    """The queue is full, or the client has exceeded its rate limit.

    Parameters
    ----------
    message : str
        As for `Fault`.
    retry_after_s : float
        Seconds after which a retry may succeed; the gateway's ``Retry-After``.
    **facts : str, int or float
        As for `Fault`.

    Examples
    --------
    >>> Overloaded("The queue is full.", retry_after_s=4).retry_after_s
    4.0
    """

    reason = "OVERLOADED"
    grpc_code = "RESOURCE_EXHAUSTED"
    http_status = 429

    def __init__(self, message: str, /, retry_after_s: Fact = 1.0, **facts: Fact) -> None:
        super().__init__(message, retry_after_s=float(retry_after_s), **facts)

    @property
    def retry_after_s(self) -> float:
        """Seconds after which a retry may succeed."""
        return float(self.facts["retry_after_s"])


class StoreFull(Fault):
    """The storage has no room for another file."""

    reason = "STORE_FULL"
    grpc_code = "RESOURCE_EXHAUSTED"
    http_status = 507


class NotReady(Fault):
    """The service is starting or stopping; the same call succeeds later."""

    reason = "NOT_READY"
    grpc_code = "UNAVAILABLE"
    http_status = 503


class ModelMismatch(NotReady):
    """The model is missing, made for another grid or shape, or its digest is wrong; install the right one."""

    reason = "MODEL_MISMATCH"
    grpc_code = "FAILED_PRECONDITION"


class SoundFontMissing(NotReady):
    """The default SoundFont is not installed, so that nothing can be rendered."""

    reason = "SOUNDFONT_MISSING"
    grpc_code = "FAILED_PRECONDITION"


class UpstreamUnavailable(Fault):
    """Another service or a store that this call needs cannot be reached."""

    reason = "UPSTREAM"
    grpc_code = "UNAVAILABLE"
    http_status = 503


class DeadlineExceeded(Fault):
    """The call took longer than the caller's deadline."""

    reason = "DEADLINE_EXCEEDED"
    grpc_code = "DEADLINE_EXCEEDED"
    http_status = 504


class Cancelled(Fault):
    """The caller cancelled the call."""

    reason = "CANCELLED"
    grpc_code = "CANCELLED"
    http_status = 499


class Internal(Fault):
    """A bug. Its details are logged, not sent to the caller."""

    reason = "INTERNAL"
    grpc_code = "INTERNAL"
    http_status = 500
