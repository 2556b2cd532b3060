/* Keeps what a page shows up to date while it is looked at. Load it after tab-session.js, in the
 * page or in a fragment of it, as often as you like; htmx 4 merges.
 *
 *   <script src=".../tab-live.js" defer></script>
 *   <section id="step" data-tab-live="/book/time/form" data-tab-live-stamp="{{ stamp }}">
 *
 * It asks the address of each such element again, with the stamp of what is shown. 204: that still
 * holds. 200: the fresh fragment is merged into what stands there, and what was typed stays. This
 * part says when.
 */
(() => {
  "use strict";
  const live = window.TabLive;
  if (live.ask) return;
  // Milliseconds: after an input, when nothing happens, when it fails again and again.
  const SOON = 2000, LATE = 15000, LONGEST = 120000;
  const GROWTH = 1.5;

  let pause = SOON, failures = 0, notBefore = 0, due = Infinity;
  let timer, isAsking = false, isAskedAgain = false;
  // What the customer does comes first: nothing is asked meanwhile, and an older answer is let go.
  const underWay = new Set();
  let requests = 0;

  const isLookedAt = () => !document.hidden && navigator.onLine;
  const about = (milliseconds, by) => milliseconds * (1 - by + 2 * by * Math.random());

  function schedule(delay) {
    clearTimeout(timer);
    due = Infinity;
    if (!isLookedAt() || !live.elements().length) return;
    due = Math.max(Date.now() + delay, notBefore);
    timer = setTimeout(askAll, due - Date.now());
  }

  // At once, but not all tabs in the same moment.
  function askNow() {
    if (isAsking) isAskedAgain = true;
    else schedule(200 * Math.random());
  }

  function afterInput() {
    pause = SOON;
    if (!isAsking && !failures && due > Date.now() + SOON) schedule(SOON);
  }

  async function askAll() {
    if (underWay.size || !isLookedAt()) return;
    isAsking = true;
    isAskedAgain = false;
    pause = Math.min(pause * GROWTH, LATE);
    const before = requests;
    let hasFailed = false;
    for (const element of live.elements()) {
      const came = await live.question(element, () => before !== requests).catch(() => ({ hasFailed: true }));
      if (came.rest) notBefore = Date.now() + came.rest;
      if (came.hasChanged) pause = SOON;
      hasFailed ||= came.hasFailed;
    }
    failures = hasFailed ? failures + 1 : 0;
    isAsking = false;
    if (isAskedAgain && !failures) askNow();
    else schedule(failures ? about(Math.min(SOON * 2 ** failures, LONGEST), 0.5) : about(pause, 0.1));
  }

  function look() {
    pause = SOON;
    if (isAsking) isAskedAgain = true;
    else schedule(0);
  }

  for (const input of ["pointerdown", "keydown", "input", "wheel"]) {
    document.addEventListener(input, afterInput, { capture: true, passive: true });
  }
  document.addEventListener("visibilitychange", look);
  for (const change of ["online", "offline"]) window.addEventListener(change, look);
  document.addEventListener("tab-session:changed", askNow);
  document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
    requests += 1;
    underWay.add(ctx);
  });
  document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
    pause = SOON;
    if (underWay.delete(ctx) && !underWay.size && !isAsking) schedule(SOON);
  });
  window.addEventListener("pagehide", () => clearTimeout(timer));
  window.addEventListener("pageshow", ({ persisted }) => persisted && look());

  live.ask = askNow;
  schedule(SOON);
})();
