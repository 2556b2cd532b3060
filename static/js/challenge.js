/* Many times are being held: before one more is, the server asks for a small sum, to see that somebody
 * is here. It is done and the same choice sent again by itself, unless another time is chosen or
 * another page asked for meanwhile. After three in a row somebody has to ask for more. Loaded for
 * the first sum, by wizard.js.
 */
(() => {
  "use strict";
  const MOST = 3;
  const find = (selector, within = document) => within.querySelector(selector);
  let shown = null, running = null, done = 0;

  const proof = () => find("#step [name=proof]");

  function stop() {
    if (running) running.hidden = true;
    running = null;
  }

  async function work(box) {
    const chosen = find("#times [name=slot]:checked");
    // A time chosen meanwhile stays chosen; nothing is sent unasked.
    if (chosen && !chosen.defaultChecked) return;
    running = box;
    const challenge = JSON.parse(box.dataset.challenge), bar = find("progress", box);
    const isWanted = () => running === box && box.isConnected;
    const solution = await window.SmallSum.search(challenge.parameters, bar.max, isWanted, (n) => { bar.value = n; });
    if (!isWanted()) return;
    running = null;
    if (!solution) return giveUp(box);
    bar.value = bar.max;
    const field = proof();
    field.value = btoa(JSON.stringify({ challenge, solution }));
    if (field.form) field.form.requestSubmit();
    else field.click();
  }

  function giveUp(box) {
    find(".sb-sum-running", box).hidden = true;
    const stuck = find(".sb-sum-stuck", box);
    stuck.hidden = false;
    find("#announcer").textContent = stuck.innerText;
    // Without a script it is a button.
    proof().hidden = false;
    done = 0;
  }

  function look() {
    const box = find("[data-challenge]");
    if (box === shown) return;
    shown = box;
    if (!box) done = 0;
    else if (++done > MOST) giveUp(box);
    else work(box);
  }
  document.addEventListener("htmx:after:swap", look);
  // This was loaded for a sum that is there already.
  look();

  // Another time is chosen, or another page asked for: the sum is for nothing.
  document.addEventListener("change", ({ target }) => {
    if (running && target.name === "slot") stop();
  });
  document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
    if (running && ctx.target?.id === "step") stop();
  });
  // The same time once more: it is being worked on.
  document.addEventListener("submit", (event) => {
    if (!running || event.target !== proof().form || event.submitter?.name) return;
    event.preventDefault();
    event.stopPropagation();
    running.focus();
  }, true);
})();
