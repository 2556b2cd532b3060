/* The countdown of a held time: shown every second, said aloud two minutes before the end and at
 * the end. It counts from the moment of loading, for the clock of this computer may be wrong. Once
 * something is typed the time is held for longer: what saves it on its way says for how long.
 */
(() => {
  "use strict";
  // In seconds.
  const WARNING = 120;
  const find = (selector, within = document) => within.querySelector(selector);
  let shown = find("#hold");
  let ticking;
  let tick = () => {};

  function announce(name) {
    const announcer = find("#announcer");
    announcer.textContent = announcer.dataset[name];
  }

  function show(hold, left) {
    const seconds = String(left % 60).padStart(2, "0");
    find(".sb-hold-clock", hold).textContent = `${Math.floor(left / 60)}:${seconds}`;
    hold.classList.toggle("sb-hold-late", left <= WARNING);
    hold.classList.toggle("sb-hold-over", left === 0);
  }

  // Of two clocks the one that saw more time pass: one stands still while the computer sleeps, the
  // other may be set back. Set forward it ends a countdown early, which costs nothing: one may go on.
  function stopwatch() {
    const [steady, shown] = [performance.now(), Date.now()];
    return () => Math.max(performance.now() - steady, Date.now() - shown) / 1000;
  }

  function countDown(hold) {
    clearInterval(ticking);
    let before = Number(hold?.dataset.secondsLeft || 0);
    const [whole, elapsed] = [before, stopwatch()];
    tick = () => {
      if (!hold || before === 0) return;
      const left = Math.max(0, Math.ceil(whole - elapsed()));
      if (left === 0 || !hold.isConnected) clearInterval(ticking);
      if (!hold.isConnected) return;
      show(hold, left);
      if (left === 0) announce("holdOver");
      else if (left <= WARNING && before > WARNING) announce("twoMinutes");
      before = left;
    };
    if (before > 0) {
      ticking = setInterval(tick, 1000);
      tick();
    }
  }

  // "More time" answers with the countdown alone; its button may be gone, and the focus with it.
  function extended(hold) {
    if (!find("[role=alert]", hold)) find("#announcer").textContent = find(".sb-hold-words", hold).innerText;
    if (document.activeElement === document.body) hold.focus();
  }

  function hear(left) {
    if (!left || !shown?.isConnected) return;
    shown.dataset.secondsLeft = left;
    find(".sb-hold-first", shown)?.remove();
    countDown(shown);
  }

  document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
    hear(ctx.response?.headers.get("Hold-Seconds-Left"));
  });
  document.addEventListener("booking:saved", ({ detail }) => hear(detail.headers.get("Hold-Seconds-Left")));

  // Timers rest while nobody looks.
  document.addEventListener("visibilitychange", () => tick());

  document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    const hold = find("#hold");
    if (hold === shown) return;
    if (hold && ctx.target?.id === "hold") extended(hold);
    countDown(hold);
    shown = hold;
  });
})();
