/** Keys that work on every page; `shortcuts-dialog` lists them. Z and Shift+Z are reserved for undo and redo. */
import type { Role } from '../../api/types';
import { nextTime, previousTime } from '../../music/beats';
import { ROLES } from '../../music/roles';
import { comparison, type Side } from '../../state/playback/comparison';
import { toggleLoop } from '../../state/playback/loop-bars';
import { loadDetails } from '../../state/playback/piece-details';
import { player } from '../../state/player';
import { playerSettings } from '../../state/playback/player-settings';
import { stemPlayer } from '../../state/playback/stem-player';

export interface ShortcutActions {
  /** Moves the focus to the player. */
  readonly focusPlayer: () => void;
  readonly showHelp: () => void;
}

const SIDE_KEYS: Readonly<Record<string, Side>> = { '1': 'a', '2': 'blend', '3': 'b' };
const BUSY_ROLES = new Set(
  'slider spinbutton textbox searchbox combobox listbox option tab radio menuitem grid gridcell treeitem'.split(' '),
);

/** Listens to keys in the whole page; returns the function that ends it. */
export function startShortcuts(actions: ShortcutActions): () => void {
  const onKeyDown = (event: KeyboardEvent) => {
    if (isTaken(event)) return;
    if (playKey(event) || (playerSettings.value.hasLetterKeys && letterKey(event, actions))) event.preventDefault();
  };
  window.addEventListener('keydown', onKeyDown);
  return () => window.removeEventListener('keydown', onKeyDown);
}

/** Whether a key belongs to what has the focus: a field, a slider, a dialog, or a modified key. */
export function isTaken(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return true;
  const path = event.composedPath().filter((target) => target instanceof HTMLElement);
  if (path.some((element) => element instanceof HTMLDialogElement)) return true;
  const [target] = path;
  if (target === undefined) return false;
  if (target.isContentEditable || BUSY_ROLES.has(target.getAttribute('role') ?? '')) return true;
  if (target.matches('input:not([type=button], [type=checkbox]), select, textarea')) return true;
  return event.key === ' ' && target.matches('button, a[href], summary, input, label, [role=button]');
}

/** Keys that are no characters, and the space bar; returns whether it did something. */
function playKey({ key, shiftKey }: KeyboardEvent): boolean {
  const { piece } = player;
  if (piece === null) return false;
  if (key === ' ') player.toggle(piece);
  else if (key === 'Home') player.seek(0);
  else if (key === 'ArrowLeft') void seekGrid(-1, shiftKey);
  else if (key === 'ArrowRight') void seekGrid(1, shiftKey);
  else return false;
  return true;
}

/** Single characters, which can be switched off (WCAG 2.1.4); returns whether it did something. */
function letterKey(event: KeyboardEvent, actions: ShortcutActions): boolean {
  const key = event.key.toLowerCase();
  const side = SIDE_KEYS[key];
  if (key === '?') actions.showHelp();
  else if (key === 'p') actions.focusPlayer();
  else if (key === 'l') void toggleLoop();
  else if (side !== undefined) comparison.choose(side);
  else if (key === 'm' || key === 's') return changeRole(event, key);
  else if (key === '+' || key === '=') sendToRoll('roll-zoom', 1);
  else if (key === '-') sendToRoll('roll-zoom', -1);
  else if (key === 'f') sendToRoll('roll-follow');
  else return false;
  return true;
}

/** Moves to the beat or bar before or after. */
async function seekGrid(direction: -1 | 1, isBar: boolean): Promise<void> {
  const { piece } = player;
  if (piece === null) return;
  const { bars_s, beats_s } = await loadDetails(piece.fileId);
  const times_s = isBar ? bars_s : beats_s;
  if (player.isCurrent(piece.fileId))
    player.seek(direction < 0 ? previousTime(times_s, player.time_s) : nextTime(times_s, player.time_s));
}

/** Mutes the role that has the focus, or plays it alone. */
function changeRole(event: KeyboardEvent, key: 'm' | 's'): boolean {
  const strip = event
    .composedPath()
    .find((target): target is HTMLElement => target instanceof HTMLElement && target.dataset['role'] !== undefined);
  const role = ROLES.find((one) => one === strip?.dataset['role']);
  const fileId = strip?.dataset['file'] ?? player.piece?.fileId;
  if (role === undefined || fileId === undefined) return false;
  void setRole(fileId, role, key);
  return true;
}

async function setRole(fileId: string, role: Role, key: 'm' | 's'): Promise<void> {
  const { roles } = await loadDetails(fileId);
  const level = stemPlayer.mix(fileId)[role];
  stemPlayer.setLevel(fileId, roles, role, key === 'm' ? { muted: !level.muted } : { solo: !level.solo });
}

function sendToRoll(name: 'roll-zoom' | 'roll-follow', detail?: number): void {
  window.dispatchEvent(new CustomEvent(name, { detail }));
}
