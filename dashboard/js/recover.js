// A page on a wall has nobody who presses "Try again": what failed because the server or its database was away is asked for again, first
// after some seconds, then ever less often.

const FIRST_MS = 4_000;
const LAST_MS = 60_000;
const PASSING = [0, 429, 503, 504];

let timer = null;
let wait = FIRST_MS;

/** Whether a problem goes away by itself. */
export const passes = (problem) => PASSING.includes(problem.status);

/** Calls again() after a while, once for all that fail meanwhile. */
export function later(again) {
  if (timer) return;
  // Pages that failed together do not come back together.
  timer = setTimeout(
    () => {
      timer = null;
      wait = Math.min(wait * 2, LAST_MS);
      again();
    },
    wait * (0.75 + Math.random() / 2),
  );
}

/** All is well: the next failure is tried again soon. */
export function recovered() {
  wait = FIRST_MS;
}
