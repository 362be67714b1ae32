/** Tells the system what plays, and obeys its media keys and controls. */
import { loadedDetails } from './piece-details';
import { player } from '../player';

const SEEK_S = 5;

/** Connects the player to the system's media controls, where the browser has them. */
export function startMediaSession(): void {
  if (!('mediaSession' in navigator)) return;
  const { mediaSession } = navigator;
  const handlers: readonly (readonly [MediaSessionAction, MediaSessionActionHandler])[] = [
    ['play', () => player.piece !== null && void player.play(player.piece)],
    ['pause', () => player.pause()],
    ['stop', () => player.close()],
    ['seekto', ({ seekTime }) => player.seek(seekTime ?? 0)],
    ['seekbackward', ({ seekOffset }) => player.seek(player.time_s - (seekOffset ?? SEEK_S))],
    ['seekforward', ({ seekOffset }) => player.seek(player.time_s + (seekOffset ?? SEEK_S))],
    ['previoustrack', () => player.skip(-1)],
    ['nexttrack', () => player.skip(1)],
  ];
  for (const [action, handler] of handlers) {
    try {
      mediaSession.setActionHandler(action, handler);
    } catch {
      // An older browser does not know this action.
    }
  }
  player.addEventListener('change', () => update(mediaSession));
}

function update(mediaSession: MediaSession): void {
  const { piece } = player;
  mediaSession.playbackState = piece === null ? 'none' : player.isPlaying ? 'playing' : 'paused';
  if (piece === null) {
    mediaSession.metadata = null;
    return;
  }
  const parents = loadedDetails(piece.fileId)?.parents ?? [];
  const artist = parents.map(({ title }) => title).join(' × ') || 'Segue';
  if (mediaSession.metadata?.title !== piece.title || mediaSession.metadata.artist !== artist)
    mediaSession.metadata = new MediaMetadata({ title: piece.title, artist, album: 'Segue' });
  const { duration_s } = player;
  if (duration_s > 0)
    mediaSession.setPositionState({
      duration: duration_s,
      position: Math.min(player.time_s, duration_s),
      playbackRate: player.rate,
    });
}
