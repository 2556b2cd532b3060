/* The first step stands in the page of the wizard's start, as a template: nothing of it is shown
 * before this script takes it out. Only a tab that has no id yet is shown it, for it has nothing
 * stored; any other loads its own step. It comes before all other scripts, which may be late: what
 * is pressed until HTMX is there is kept, and sent then.
 */
(() => {
  "use strict";
  const find = (selector) => document.querySelector(selector);
  const { root } = document.currentScript.dataset;
  const wizard = find("#wizard"), template = find("#first-step"), waiting = find("#wizard > .sb-waiting");
  let kept;

  // As tab-session.js keeps it, today and under its former name.
  function isNew() {
    try {
      return !sessionStorage.getItem(`tab-session ${root}`) && !sessionStorage.getItem("tab-session");
    } catch {
      // Nothing can be stored, so every page begins anew.
      return true;
    }
  }

  function busy(form, button, isBusy) {
    form.classList.toggle("htmx-request", isBusy);
    if (button) button.disabled = isBusy;
  }

  function keep(event) {
    const { target: form, submitter } = event;
    if (!form.closest("#step") || form.hasAttribute("data-htmx-powered")) return;
    event.preventDefault();
    kept = { form, submitter };
    busy(form, submitter, true);
    // Says after a while what else can be done.
    const late = waiting.querySelector(".sb-late");
    if (late) form.after(late);
  }

  function send({ target }) {
    if (target !== kept?.form) return;
    const { form, submitter } = kept;
    kept = null;
    busy(form, submitter, false);
    find("#step .sb-late")?.remove();
    form.requestSubmit(submitter);
  }

  if (!wizard || !waiting || !template || !isNew()) return;
  const fragment = wizard.getAttribute("hx-get");
  // The step is here, so nothing is to be loaded.
  wizard.removeAttribute("hx-get");
  wizard.replaceChildren(template.content);
  // So that Back leads to it.
  history.replaceState(history.state, "", root + find("#step").dataset.step);
  document.addEventListener("submit", keep, true);
  document.addEventListener("htmx:after:init", send);
  document.addEventListener("DOMContentLoaded", () => {
    if (window.htmx && window.TabSession) return;
    // A script did not come: no step goes on without it, and the page says so as in any other tab.
    const late = find("#step .sb-late");
    if (late) waiting.append(late);
    wizard.setAttribute("hx-get", fragment);
    wizard.replaceChildren(waiting);
    window.htmx?.process(wizard);
  });
})();
