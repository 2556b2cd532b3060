/* The countdown of a held time: shown every second, said aloud two minutes before the end and at
 * the end. It counts from the moment of loading, for the clock of this computer may be wrong.
 */
(() => {
  "use strict";
  const WARNING = 120; // seconds
  const find = (selector, within = document) => within.querySelector(selector);
  let shown = find("#hold");
  let ticking;

  function announce(name) {
    const announcer = find("#announcer");
    announcer.textContent = announcer.dataset[name];
  }

  function show(hold, left) {
    const seconds = String(left % 60).padStart(2, "0");
    find(".hold-clock", hold).textContent = `${Math.floor(left / 60)}:${seconds}`;
    hold.classList.toggle("hold-late", left <= WARNING);
    hold.classList.toggle("hold-over", left === 0);
  }

  function countDown(hold) {
    clearInterval(ticking);
    let before = Number(hold?.dataset.secondsLeft || 0);
    const end = performance.now() + before * 1000;
    const tick = () => {
      const left = Math.max(0, Math.ceil((end - performance.now()) / 1000));
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
    find("#announcer").textContent = find(".hold-words", hold).innerText;
    if (document.activeElement === document.body) hold.focus();
  }

  document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    const hold = find("#hold");
    if (hold === shown) return;
    if (hold && ctx.target?.id === "hold") extended(hold);
    countDown(hold);
    shown = hold;
  });
})();
