/* Two tabs of one browser help each other. On the channel there is only a question with a number
 * made for it, and in answer a reference that the server gave: random, good for one minute and
 * once. What it stands for passes between the server and the two tabs alone. A tab with nothing
 * to give stays silent, and so does a browser without BroadcastChannel.
 */
(() => {
  "use strict";
  const SHAPE = /^[A-Za-z0-9_-]{43}$/;
  // Milliseconds between two answers to the same question.
  const REST = 1000;
  // Milliseconds after which no answer is expected any more.
  const PATIENCE = 3000;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const { handover: url } = document.currentScript.dataset;
  const channel = opened(`two-tabs ${url}`);
  if (!channel) return;
  const lastAnswer = { details: -REST, times: -REST };
  let box, question, warnedFor, secondTry;

  // Missing in old browsers, and refused where all data of sites is (Firefox).
  function opened(name) {
    try {
      return new BroadcastChannel(name);
    } catch {
      return null;
    }
  }

  async function post(path, fields) {
    const headers = { ...(await TabSession.headers()), "HX-Request": "true", "Tab-Time-Zone": zone };
    const request = { method: "POST", headers, body: new URLSearchParams(fields) };
    const answer = await fetch(url + path, request).catch(() => null);
    return answer?.status === 200 ? answer.text() : "";
  }

  function ask() {
    if (!box?.isConnected || document.hidden) return;
    question = crypto.getRandomValues(new Uint32Array(4)).join("-");
    channel.postMessage({ asks: box.dataset.ask, question });
  }

  async function answer({ asks, question: theirs }) {
    if (!(performance.now() - lastAnswer[asks] >= REST)) return;
    lastAnswer[asks] = performance.now();
    const reference = await post(`${asks}/offer`);
    if (SHAPE.test(reference)) channel.postMessage({ answers: theirs, reference });
  }

  function offer(reference) {
    const button = box.querySelector("button");
    if (!button || (!box.hidden && !secondTry)) return;
    button.value = reference;
    box.hidden = false;
    if (secondTry) button.click();
  }

  async function warn(reference) {
    const asked = question;
    const warning = await post("times/receipt", { reference });
    if (asked !== question) return;
    if (warnedFor !== asked) box.replaceChildren();
    warnedFor = asked;
    if (warning.startsWith('<div class="sb-message')) box.insertAdjacentHTML("beforeend", warning);
  }

  channel.onmessage = ({ data }) => {
    if (data?.asks) answer(data);
    else if (box?.isConnected && data?.answers === question && SHAPE.test(data.reference))
      (box.dataset.ask === "times" ? warn : offer)(data.reference);
  };

  // The reference on the button ran out, or another tab was given a later one: ask anew, once.
  document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
    if (ctx.sourceElement.parentElement !== box || ctx.response.status !== 204) return;
    const giveUp = (asked) => { if (asked.isConnected) asked.textContent = asked.dataset.gone; };
    if (secondTry) return giveUp(box);
    secondTry = true;
    ask();
    setTimeout(giveUp, PATIENCE, box);
  });

  document.addEventListener("htmx:after:swap", () => {
    const shown = document.querySelector("[data-ask]");
    if (shown === box) return;
    [box, question, secondTry] = [shown, null, false];
    ask();
  });

  document.addEventListener("visibilitychange", ask);
  window.addEventListener("pagehide", () => channel.close());
})();
