/* What a screen of a call needs beside htmx: its title in the tab, and the focus on its heading, or on
 * what has to be mended.
 */
(() => {
  "use strict";
  let isFirst = true;

  document.addEventListener("htmx:after:swap", () => {
    const step = document.querySelector("#step[data-step]");
    if (!step || step.dataset.arrived) return;
    step.dataset.arrived = "yes";
    document.title = step.dataset.title;
    if (!isFirst || step.querySelector("#problem")) {
      (step.querySelector("#problem") || step.querySelector("h1")).focus();
    }
    isFirst = false;
  });
})();
