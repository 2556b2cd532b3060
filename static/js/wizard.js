/* What a step needs beside HTMX: its title in the tab, the focus on its heading (or on what has to
 * be mended), and a word to those who listen. What is said stands in #announcer of page.html.
 */
(() => {
  "use strict";
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  // Of the host's policy, where it has one: what comes with a step is loaded under the page's.
  const { nonce } = document.currentScript;
  document.addEventListener("DOMContentLoaded", () => { htmx.config.inlineScriptNonce = nonce; });
  const find = (selector, within = document) => within.querySelector(selector);
  let shown = find("#step");
  let isFirst = !shown || Boolean(shown.dataset.step);
  let submitted = false;

  // A day or a month turned to says what is new; a step says where it stands. What is wrong is
  // read by the focus, which the first step does not take.
  function announce(step, told) {
    const spoken = isFirst ? "[role=status], #problem" : "[role=status]";
    const notices = [...step.querySelectorAll(spoken)].map((each) => each.innerText);
    const place = find(".sb-progress", step)?.ariaLabel;
    const heading = isFirst || !place ? find("h1", step).innerText : "";
    const news = told ? [told.dataset.said] : [place, heading];
    find("#announcer").textContent = [...news, ...notices].filter(Boolean).join(" ");
  }

  // The first step of a page arrives by itself: the focus stays where the visitor put it.
  function moveFocus(step, wanted) {
    const goal = find("#problem", step) || (wanted && find(wanted, step)) || find("h1", step);
    const chosen = goal.type === "radio" && find(`[name="${goal.name}"]:checked`, step);
    if (!isFirst) (chosen || goal).focus();
    isFirst = false;
  }

  function submitOnce(step) {
    const form = find("form[data-submit-on-load]", step);
    if (!form || submitted) return;
    submitted = true;
    form.requestSubmit();
  }

  function arrive(step, { focus: wanted, tells = wanted }) {
    const error = find("#problem", step) ? find("#announcer").dataset.error : "";
    document.title = error + step.dataset.title;
    find(".sb-clear")?.toggleAttribute("hidden", step.dataset.step === "cleared");
    announce(step, tells && find(`${tells}[data-said]`, step));
    moveFocus(step, wanted);
    submitOnce(step);
  }

  // Hardly anybody is asked for a sum, so hardly anybody loads what does it.
  function fetchSum(box) {
    if (!box || find("#sum-script")) return;
    const script = Object.assign(document.createElement("script"), { id: "sum-script", nonce, src: box.dataset.script });
    // The next press asks for it again.
    script.onerror = () => script.remove();
    document.head.append(script);
  }

  document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
    if (zone) ctx.request.headers["Tab-Time-Zone"] = zone;
    ctx.turning = { ...ctx.sourceElement.dataset };
  });

  document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    const step = find("#step");
    if (step && step !== shown) arrive(step, ctx.turning || {});
    shown = step;
    fetchSum(find("[data-challenge]"));
  });

  // The first step may stand in the page already; a page about trouble has no step's name.
  if (shown?.dataset.step) arrive(shown, {});

  // A link asked for in a tab or window of its own is the browser's: HTMX would swallow the click.
  const isForAnotherTab = (event) => event.ctrlKey || event.metaKey || event.shiftKey;
  document.addEventListener("click", (event) => {
    if (isForAnotherTab(event) && event.target.closest("a[href]")) event.stopPropagation();
  }, true);

  // An address with a # would be a place in the history that has no step of its own.
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    if (!link) return;
    event.preventDefault();
    document.getElementById(link.hash.slice(1))?.focus();
  });

  // What is shown belongs to the tab that this one turned out to be a copy of.
  document.addEventListener("tab-session:forked", () => {
    if (shown) location.reload();
  });

  // A page that comes back from the browser's memory may show a step that is no longer there.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
})();
