/* Before the server erases a draft that nobody works on: a dialog that one key puts off. Enter and
 * Escape both do, for whoever presses a key is there. Looked up each time: Back replaces the page.
 */
(() => {
  "use strict";
  const find = (selector) => document.querySelector(`#ending${selector}`);
  let end = 0;
  let ticking;

  // In our language, which a host's page around us may not speak, by its own plural.
  function inWords(minutes) {
    const { lang } = find("");
    const unit = { style: "unit", unit: "minute", unitDisplay: "long" };
    return new Intl.NumberFormat(lang || undefined, unit).format(minutes);
  }

  function show(what) {
    for (const each of find("").querySelectorAll("[data-when]")) each.hidden = each.dataset.when !== what;
  }

  function tick() {
    const left = find(" .sb-ending-left");
    if (!left) return;
    const minutes = Math.ceil((end - Date.now()) / 60000);
    left.textContent = inWords(minutes);
    show(minutes > 0 ? "soon" : "over");
    if (minutes <= 0) clearInterval(ticking);
  }

  function close() {
    clearInterval(ticking);
    find("")?.close();
  }

  async function stay() {
    if (Date.now() >= end) return close();
    const button = find(" button");
    button.disabled = true;
    clearInterval(ticking);
    try {
      const answer = await window.TabSession.keepAlive();
      // A log-in page is an answer, too, and not to this.
      if (answer.status === 204) close();
      else show(answer.status === 410 ? "over" : "failed");
      if (answer.status === 410) end = 0;
    } catch {
      if (!("leaving" in document.documentElement.dataset)) show("failed");
    }
    button.disabled = false;
    if (find("[open]")) button.focus();
  }

  document.addEventListener("tab-session:ending", ({ detail }) => {
    clearInterval(ticking);
    end = Date.now() + detail.seconds * 1000;
    ticking = setInterval(tick, 1000);
    tick();
    if (find(":not([open])")) find("").showModal();
  });
  // The answer that was under way meanwhile is the goal: what is booked is not erased.
  document.addEventListener("htmx:after:swap", () => {
    if (document.querySelector("[data-step=done]")) close();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("#ending button")) stay();
  });
  // It does not bubble.
  document.addEventListener("cancel", (event) => {
    if (event.target.id !== "ending") return;
    event.preventDefault();
    stay();
  }, true);
})();
