"""Records what a page plays through Web Audio, sample by sample, and measures it.

The recorder is an audio worklet, which the page's content policy does not allow: contexts that record bypass it. Tests
without a recorder check that the page plays under its policy.
"""

import base64
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import BrowserContext, Page

RATE_HZ = 48_000

_WORKLET = """
registerProcessor('sound-tap', class extends AudioWorkletProcessor {
  process([input]) {
    const [left, right] = input;
    const samples = new Float32Array(128);
    if (left !== undefined) left.forEach((sample, at) => (samples[at] = (sample + (right ?? left)[at]) / 2));
    this.port.postMessage({ frame: currentFrame, samples });
    return true;
  }
});
"""
_SCRIPT = """
window.soundTap = [];
const connect = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (target, ...rest) {
  if (target instanceof AudioDestinationNode && target.context instanceof AudioContext) void tap(this);
  return connect.call(this, target, ...rest);
};
async function tap(node) {
  const module = new Blob([WORKLET], { type: 'text/javascript' });
  await node.context.audioWorklet.addModule(URL.createObjectURL(module));
  const recorder = new AudioWorkletNode(node.context, 'sound-tap', { numberOfOutputs: 0 });
  recorder.port.onmessage = ({ data }) => window.soundTap.push(data);
  connect.call(node, recorder);
}
""".replace("WORKLET", repr(_WORKLET))
_READ = """() => {
  const blocks = window.soundTap;
  if (blocks.length === 0) return ['', 0];
  const first = blocks[0].frame;
  const length = blocks[blocks.length - 1].frame - first + 128;
  const samples = new Float32Array(length);
  for (const block of blocks) samples.set(block.samples, block.frame - first);
  const bytes = new Uint8Array(samples.buffer);
  let text = '';
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return [btoa(text), first];
}"""


@dataclass(frozen=True)
class Recording:
    """What a page played.

    Attributes
    ----------
    samples : ndarray, shape (n,), float32
        The mean of both channels, at `RATE_HZ`.
    first_frame : int
        Of the audio context's time.
    """

    samples: NDArray[np.float32]
    first_frame: int

    @property
    def seconds(self) -> float:
        """Length."""
        return len(self.samples) / RATE_HZ

    def sounding(self, threshold: float = 1e-3) -> NDArray[np.float32]:
        """Return the samples from the first sound to the last."""
        loud = np.flatnonzero(np.abs(self.samples) > threshold)
        return self.samples[loud[0] : loud[-1] + 1] if len(loud) else self.samples[:0]


def install_tap(context: BrowserContext) -> None:
    """Record everything that the pages of a context will play. The context must bypass the content policy."""
    context.add_init_script(_SCRIPT)


def clear_tap(page: Page) -> None:
    """Forget what was recorded."""
    page.evaluate("() => { window.soundTap.length = 0; }")


def read_tap(page: Page) -> Recording:
    """Return what was recorded since the start or the last `clear_tap`."""
    encoded, first_frame = page.evaluate(_READ)
    samples = np.frombuffer(base64.b64decode(encoded), dtype=np.float32)
    return Recording(samples, int(first_frame))


def record(page: Page, seconds: float) -> Recording:
    """Record for some seconds of the audio context's time from now on."""
    clear_tap(page)
    n_blocks = int(seconds * RATE_HZ / 128)
    page.wait_for_function("n => window.soundTap.length >= n", arg=n_blocks)
    return read_tap(page)


def rms(samples: NDArray[np.float32], window_s: float = 0.005) -> NDArray[np.float64]:
    """Return the root mean square of consecutive windows."""
    size = round(window_s * RATE_HZ)
    whole = samples[: len(samples) // size * size].astype(np.float64).reshape(-1, size)
    return np.asarray(np.sqrt(np.mean(whole**2, axis=1)))


def longest_silence_s(samples: NDArray[np.float32], threshold: float = 1e-4) -> float:
    """Return the length of the longest run of windows of 5 ms that are silent."""
    longest = run = 0
    for level in rms(samples):
        run = run + 1 if level < threshold else 0
        longest = max(longest, run)
    return longest * 0.005


def onsets_s(samples: NDArray[np.float32], spacing_s: float = 0.3) -> NDArray[np.float64]:
    """Return the times of the loud onsets, which are at least `spacing_s` apart; what sounds at first is none."""
    levels = rms(samples, 0.002)
    levels[:25] = 0
    found: list[int] = []
    for index in np.flatnonzero(levels >= 0.4 * levels.max()).tolist():
        if not found or (index - found[-1]) * 0.002 >= spacing_s:
            found.append(index)
    return np.array(found) * 0.002


def peak_hz(samples: NDArray[np.float32]) -> float:
    """Return the frequency of the strongest partial."""
    windowed = samples.astype(np.float64) * np.hanning(len(samples))
    spectrum = np.abs(np.fft.rfft(windowed))
    spectrum[: int(50 * len(samples) / RATE_HZ)] = 0
    return float(np.argmax(spectrum) * RATE_HZ / len(samples))
