/* The browser's half of a tab session. Load it before htmx, which asks as soon as it runs:
 *
 *   <script src=".../tab-session.js" data-prefix="/book/" defer></script>
 *
 * It makes the tab's id (32 random bytes), keeps it in sessionStorage and sends it as the header
 * Tab-Session with every HTMX request to this origin under the prefix. Requests wait until the
 * id is there. An element with data-new-booking starts afresh: it claims a new id first.
 */
(() => {
  "use strict";
  const HEADER = "Tab-Session";
  const SHAPE = /^[A-Za-z0-9_-]{43}$/;
  const settings = document.currentScript.dataset;
  const prefix = settings.prefix || "/";
  const storageKey = settings.storageKey || "tab-session";

  const memory = { kept: null, getItem() { return this.kept; }, setItem(_, id) { this.kept = id; } };
  let storage = memory;
  let id = null;

  function announce(name) {
    document.dispatchEvent(new CustomEvent(name));
  }

  function openStorage() {
    try {
      const probe = storageKey + "-probe";
      window.sessionStorage.setItem(probe, "1");
      window.sessionStorage.removeItem(probe);
      return window.sessionStorage;
    } catch {
      return memory;
    }
  }

  function newId() {
    const bytes = crypto.getRandomValues(new Uint8Array(32));
    const text = btoa(String.fromCharCode(...bytes));
    return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  }

  function keep(fresh) {
    id = fresh;
    try {
      storage.setItem(storageKey, fresh);
    } catch {
      storage = memory;
      announce("tab-session:memory");
    }
    return id;
  }

  function claim() {
    storage = openStorage();
    if (storage === memory) announce("tab-session:memory");
    const kept = storage.getItem(storageKey);
    return SHAPE.test(kept || "") ? (id = kept) : keep(newId());
  }

  // Deferred scripts run before DOMContentLoaded: wait for it, so that they hear announcements.
  const loaded = new Promise((resolve) => {
    if (document.readyState === "complete") resolve();
    document.addEventListener("DOMContentLoaded", resolve, { once: true });
    window.addEventListener("load", resolve, { once: true });
  });
  const ready = loaded.then(claim);

  function isOurs(action) {
    const url = new URL(action, document.baseURI);
    return url.origin === location.origin && url.pathname.startsWith(prefix);
  }

  const isMissing = (answer) =>
    answer.status === 400 && (answer.headers.get("HX-Trigger") || "").includes("tab-session:missing");

  async function send(action, request, startsAfresh) {
    await ready;
    if (startsAfresh) keep(newId());
    request.headers[HEADER] = id;
    const answer = await fetch(action, request);
    if (!isMissing(answer)) return answer;
    request.headers[HEADER] = keep(newId());
    return fetch(action, request);
  }

  document.addEventListener("htmx:config:request", (event) => {
    const ctx = event.detail.ctx;
    if (!isOurs(ctx.request.action)) return;
    const asker = ctx.request.submitter || ctx.sourceElement;
    const startsAfresh = Boolean(asker.closest("[data-new-booking]"));
    ctx.fetch = (action, request) => send(action, request, startsAfresh);
  });

  window.TabSession = {
    ready,
    get id() { return id; },
    headers: () => ready.then(() => ({ [HEADER]: id })),
    startNew: () => ready.then(() => keep(newId())),
  };
})();
