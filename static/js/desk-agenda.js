/* The agenda by keyboard: arrows go from one appointment to the next, n, / and t are said in the help
 * below, and can be switched off in this browser. What keeps the page up is tab-live.js.
 */
(() => {
  "use strict";
  const OFF = "sidebook-desk-keys-off";
  const find = (selector, within = document) => within.querySelector(selector);
  const all = (selector) => [...document.querySelectorAll(selector)].filter((each) => each.getClientRects().length);
  const items = () => all("[data-agenda-item]");

  // Where storage is forbidden the choice lasts as long as the page.
  let isOff = false;
  const stored = (change) => { try { return change(window.localStorage); } catch { return null; } };
  const areOff = () => isOff || stored((storage) => storage.getItem(OFF)) === "1";

  function switchKeys(off) {
    isOff = off;
    stored((storage) => off ? storage.setItem(OFF, "1") : storage.removeItem(OFF));
  }

  const TYPED = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), select, textarea, [contenteditable]";
  const isTyping = (target) => Boolean(target.closest?.(TYPED));
  const middle = (each) => {
    const box = each.getBoundingClientRect();
    return { x: box.left + box.width / 2, y: box.top, bottom: box.bottom };
  };

  // The next one in that direction: the nearest of those in the same column, or beside it.
  function nextOf(from, key) {
    const here = middle(from), isDown = key === "ArrowDown", isAcross = key === "ArrowLeft" || key === "ArrowRight";
    const cell = from.closest("td"), column = cell?.cellIndex;
    const others = items().filter((each) => each !== from).map((each) => ({ each, at: middle(each), column: each.closest("td")?.cellIndex }));
    const order = (one) => isAcross ? Math.abs(one.at.x - here.x) * 3 + Math.abs(one.at.y - here.y) : Math.abs(one.at.y - here.y) + Math.abs(one.at.x - here.x) / 100;
    const fits = isAcross
      ? ({ at }) => key === "ArrowRight" ? at.x > here.x + 1 : at.x < here.x - 1
      : (one) => one.column === column && (isDown ? one.at.y > here.y : one.at.y < here.y);
    const found = others.filter(fits).sort((one, other) => order(one) - order(other));
    return found[0]?.each;
  }

  function firstOf() {
    const line = find(".sb-now-time")?.getBoundingClientRect().top ?? -Infinity;
    const shown = items();
    return shown.find((each) => middle(each).bottom > line) || shown[0];
  }

  function go(event) {
    const from = document.activeElement?.closest("[data-agenda-item]");
    if (!from && (areOff() || document.activeElement !== document.body)) return;
    const to = from ? nextOf(from, event.key) : firstOf();
    if (!to) return;
    event.preventDefault();
    to.focus();
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (event.key.startsWith("Arrow")) return go(event);
    const wanted = event.key.length === 1 && !areOff() && find(`[data-key="${CSS.escape(event.key)}"]`);
    if (!wanted) return;
    event.preventDefault();
    if (wanted.matches("a")) wanted.click();
    else wanted.focus();
  });

  function prepare() {
    for (const box of document.querySelectorAll("[data-single-keys]")) box.checked = !areOff();
    for (const button of document.querySelectorAll("[data-print]")) button.hidden = false;
  }

  document.addEventListener("change", ({ target }) => {
    if (target.matches("[data-single-keys]")) switchKeys(!target.checked);
  });
  document.addEventListener("click", ({ target }) => {
    if (target.closest("[data-print]")) window.print();
  });
  // Whoever has been signed out sees nobody's names any longer.
  document.addEventListener("tab-session:refused", ({ detail: { status, to } }) => {
    if (status === 401 && to) window.location.assign(to);
  });
  document.addEventListener("tab-session:refreshed", prepare);
  document.addEventListener("DOMContentLoaded", () => {
    prepare();
    const now = find(".sb-hour-now"), place = now?.closest("[data-scroll]");
    if (place && place.scrollHeight > place.clientHeight) place.scrollTop = now.offsetTop - place.clientHeight / 3;
  });
})();
