"""`TranscriberService`: receive the file, transcribe it, stream the responses."""

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

from transcriber import requests, responses
from transcriber.dense_network import load_networks
from transcriber.note_detection.basic_pitch_model import BasicPitchModel
from transcriber.settings import Settings
from transcriber.transcription import Transcriber
from transcriber.uploads import UploadSlots


class TranscriberServicer(TranscriberServiceServicer):
    """Transcribes each recording on a thread of its own, once its file has arrived."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._uploads = UploadSlots(settings.threads + settings.queue_size, settings.max_bytes)
        # There are never more files than the worker accepts, so the worker itself never refuses one.
        self._worker = Worker("transcribe", settings.threads, settings.queue_size)

    def load(self) -> None:
        """Load all networks."""
        basic_pitch = BasicPitchModel(self._settings.model_threads)
        self._transcriber = Transcriber(basic_pitch, load_networks(self._settings.models))

    def close(self) -> None:
        """Cancel the transcriptions in progress."""
        self._worker.close()

    async def Transcribe(
        self, request_iterator: AsyncIterator[TranscribeRequest], context: Context
    ) -> AsyncIterator[TranscribeResponse]:
        """Transcribe a recording."""
        async with requests.drain_on_fault(request_iterator, self._settings.max_bytes):
            header = await requests.parse_header(request_iterator)
            title = requests.title_of_file(header)
            with self._uploads.reserve() as path:
                chunks = requests.parse_chunks(request_iterator)
                async for share in self._uploads.receive(path, chunks, header.byte_count):
                    yield responses.to_receive_progress(share)
                async for event in self._worker.stream(self._transcriber.transcribe, path, title):
                    yield responses.to_response(event)


def serve(settings: Settings) -> Server:
    """Build the server of the service."""
    servicer = TranscriberServicer(settings)
    return Server(
        settings,
        transcriber_pb2.DESCRIPTOR,
        lambda server: add_TranscriberServiceServicer_to_server(servicer, server),
        load=servicer.load,
        close=servicer.close,
    )
