/** Swipes to the side, by which a phone turns the tabs of a page. */

const MIN_DISTANCE = 60;
const MAX_TIME_MS = 600;
/** Elements in which a finger that moves to the side does something else. */
const OWN_GESTURES = 'input[type="range"], [role="slider"], .area, [data-scrolls], select, textarea';

export interface Swipe {
  /** Returns 1 for a swipe to the left, which shows what is on the right, -1 for the other way, 0 for no swipe. */
  direction(end: TouchEvent): -1 | 0 | 1;
}

/** Starts to follow a touch; null for one that belongs to a control. */
export function swipeOf(start: TouchEvent): Swipe | null {
  const [touch] = start.touches;
  const isOwn = start.composedPath().some((target) => target instanceof Element && target.matches(OWN_GESTURES));
  if (touch === undefined || start.touches.length > 1 || isOwn) return null;
  const { clientX, clientY } = touch;
  return {
    direction(end) {
      const [last] = end.changedTouches;
      if (last === undefined || end.timeStamp - start.timeStamp > MAX_TIME_MS) return 0;
      const [x, y] = [last.clientX - clientX, last.clientY - clientY];
      if (Math.abs(x) < MIN_DISTANCE || Math.abs(x) < 2 * Math.abs(y)) return 0;
      return x < 0 ? 1 : -1;
    },
  };
}
