/** Server-sent events of a response body. */
import { createParser, type EventSourceMessage } from 'eventsource-parser';

/** Yields each complete event; an event that the stream breaks off is dropped. Comments, the heartbeat, are skipped. */
export async function* readEvents(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<EventSourceMessage> {
  const events: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => events.push(event) });
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    parser.feed(chunk.value);
    yield* events.splice(0);
  }
}
