"""`TranscriberService`: receive, call, reply."""

from __future__ import annotations

from collections.abc import AsyncIterator

from segue.transcriber.v1 import transcriber_pb2
from segue.transcriber.v1.transcriber_pb2 import TranscribeRequest, TranscribeResponse
from segue.transcriber.v1.transcriber_pb2_grpc import (
    TranscriberServiceServicer,
    add_TranscriberServiceServicer_to_server,
)
from servicekit.server import Context, Server
from servicekit.worker import Worker

from transcriber import responses
from transcriber.dense_network import load_networks
from transcriber.note_detection.basic_pitch_model import Listener
from transcriber.settings import Settings
from transcriber.transcription import Transcriber
from transcriber.uploads import Uploads


class TranscriberServicer(TranscriberServiceServicer):
    """Answers the transcriber's calls, each on a thread of its own once its file has come."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        places = settings.threads + settings.queue_size
        self._uploads = Uploads(places, settings.max_bytes)
        # There are no more files than places, so the worker itself never refuses one.
        self._worker = Worker("transcribe", settings.threads, settings.queue_size)

    def load(self) -> None:
        """Load basic-pitch's network and those that correct it."""
        listener = Listener(self._settings.model_threads)
        self._transcriber = Transcriber(listener, load_networks(self._settings.models))

    def close(self) -> None:
        """Stop what is transcribed."""
        self._worker.close()

    async def Transcribe(
        self, request_iterator: AsyncIterator[TranscribeRequest], context: Context
    ) -> AsyncIterator[TranscribeResponse]:
        """As the contract says."""
        async with responses.heard_out(request_iterator, self._settings.max_bytes):
            header = await responses.parse_header(request_iterator)
            with self._uploads.place() as path:
                chunks = responses.parse_chunks(request_iterator)
                async for share in self._uploads.receive(path, chunks, header.byte_count):
                    yield responses.received(share)
                async for event in self._worker.stream(self._transcriber.transcribe, path, responses.title(header)):
                    yield responses.to_event(event)


def serve(settings: Settings) -> Server:
    """Make the service's server."""
    servicer = TranscriberServicer(settings)
    return Server(
        settings,
        transcriber_pb2.DESCRIPTOR,
        lambda server: add_TranscriberServiceServicer_to_server(servicer, server),
        load=servicer.load,
        close=servicer.close,
    )
