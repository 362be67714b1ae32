/** Times and amounts as a person reads them. */

/** 83.4 as "1:23". */
export function formatClock(seconds: number): string {
  const whole = Number.isFinite(seconds) ? Math.max(0, Math.floor(seconds)) : 0;
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

/** 83.4 as "1 minute 23 seconds", for a screen reader. */
export function timeInWords(seconds: number): string {
  const whole = Number.isFinite(seconds) ? Math.max(0, Math.floor(seconds)) : 0;
  const minutes = Math.floor(whole / 60);
  const parts = [minutes > 0 ? formatCount(minutes, 'minute') : '', formatCount(whole % 60, 'second')];
  return parts.filter(Boolean).join(' ');
}

export function formatCount(amount: number, noun: string): string {
  return `${amount.toLocaleString('en')} ${noun}${amount === 1 ? '' : 's'}`;
}

/** 120.04 as "120", 97.5 as "97.5". */
export function formatTempo(tempo: number): string {
  return String(Math.round(tempo * 10) / 10);
}
