/* The second part of tab-live.js: which elements keep up, and from which session what they show is. */
(() => {
  "use strict";
  if (window.TabLive.elements) return;
  const STAMP = "Tab-Live";
  const cameUnder = new WeakMap();
  const elements = () => [...document.querySelectorAll("[data-tab-live]")];
  const full = (address) => new URL(address, document.baseURI).href;

  // Of the scripts whose prefix covers an address the last one has the last word: see tab-session.js.
  function idFor(element) {
    const folder = (address) => new URL(full(address)).pathname.replace(/\/?$/, "/");
    const owns = ({ dataset }) => folder(element.dataset.tabLive).startsWith(folder(dataset.prefix || "/"));
    const script = [...document.querySelectorAll("script[data-prefix]")].filter(owns).pop();
    return window[script?.dataset.name || "TabSession"]?.id;
  }

  // Where what is shown came without a stamp, a change of the id tells as much.
  function isAnotherSession(element, stamp) {
    const [before] = (element.dataset.tabLiveStamp || "").split(".");
    if (before) return before !== "-" && before !== stamp.split(".")[0];
    return cameUnder.has(element) && cameUnder.get(element) !== idFor(element);
  }

  function note(stamp, action) {
    for (const each of elements().filter(({ dataset }) => !dataset.tabLiveStamp)) {
      if (stamp && full(each.dataset.tabLive) === full(action)) each.dataset.tabLiveStamp = stamp;
      else if (idFor(each)) cameUnder.set(each, idFor(each));
    }
  }

  // What htmx asked for of the same address has its stamp in a header.
  document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    if (!ctx.live) note(ctx.response?.headers.get(STAMP), ctx.request?.action);
  });
  note();

  Object.assign(window.TabLive, { elements, isAnotherSession });
})();
