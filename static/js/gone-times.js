/* A time that was taken while it was looked at: it stays where it stands, says so, and cannot be
 * chosen any more. Nobody is thrown off it who has it chosen or stands on it with the keyboard; what is
 * sent all the same is answered with the nearest times.
 */
(() => {
  "use strict";
  if (window.GoneTimes) return;
  const { dataset: { gone }, src, nonce } = document.currentScript;
  const TIMES = "#shown-times [name=slot]";
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  let looks;

  // Fetched for the first change, which most who come never see; nothing is shown before they are there.
  const looksReady = () => looks ||= new Promise((resolve) => {
    const href = new URL("live-times.css", src);
    const link = { rel: "stylesheet", nonce, href, onload: resolve, onerror: resolve };
    document.head.append(Object.assign(document.createElement("link"), link));
  });

  function lay(radio) {
    const isNeeded = radio.checked || radio === document.activeElement;
    radio.disabled = !isNeeded;
    if (isNeeded) radio.setAttribute("aria-disabled", "true");
  }

  // Whether it was not marked before.
  function mark(radio) {
    const chip = radio.closest(".sb-chip");
    if (chip.matches(".sb-chip-gone")) return false;
    chip.classList.add("sb-chip-gone");
    const word = Object.assign(document.createElement("small"), { className: "sb-gone", textContent: gone });
    chip.querySelector("label").append(" ", word);
    lay(radio);
    return true;
  }

  const settle = () => all(TIMES + "[aria-disabled]").forEach(lay);
  document.addEventListener("change", settle);
  // The focus has left it by then.
  document.addEventListener("focusout", () => setTimeout(settle));
  document.addEventListener("click", (event) => {
    if (event.target.matches(TIMES + "[aria-disabled]")) event.preventDefault();
  });

  window.GoneTimes = {
    radios: (within) => all(TIMES, within),
    isGone: (radio) => radio.closest(".sb-chip").matches(".sb-chip-gone"),
    mark,
    looksReady,
  };
})();
