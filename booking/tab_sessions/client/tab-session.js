/* The browser's half of a tab session. Load it before htmx, which asks as soon as it runs:
 *
 *   <script src=".../tab-session.js" data-prefix="/book/" data-url="/book/tab-session" defer></script>
 *
 * It makes the tab's id (32 random bytes), keeps it in storage and sends it as the header
 * Tab-Session with every HTMX request to this origin under the prefix. Duplicating a tab copies its
 * storage, so a lock tells who had the id first; the other takes a new one and asks for a copy.
 */
(() => {
  "use strict";
  const HEADER = "Tab-Session", LEFT = "Tab-Session-Left", FORK = "-fork", NEXT = "-next", STAMP = "-changed";
  const SHAPE = /^[\w-]{43}$/;
  // The server forbids keeping; an older release did not, and what it left is never taken for an answer.
  const UNKEPT = { cache: "no-store" };
  const settings = document.currentScript.dataset;
  const name = settings.name || "TabSession";
  // A page that took it twice would be its own duplicate: it would find its lock taken, and fork.
  if (window[name]) return;
  const options = window[name + "Options"] || {};
  const prefix = settings.prefix || "/";
  // "/note" is "/note" and "/note/…", and not "/notebook".
  const folder = new URL(prefix, document.baseURI).pathname.replace(/\/?$/, "/");
  const url = settings.url || folder + "tab-session";
  // A key for each prefix: several apps of one origin lie in one storage.
  const formerKey = settings.name || "tab-session";
  const key = settings.storageKey || formerKey + " " + prefix;
  const warning = Number(settings.warning || 300);
  const isShared = settings.storage === "local";
  const isRead = (request) => /^(GET|HEAD)?$/i.test(request.method || "");
  const pause = (wait) => new Promise((resolve) => setTimeout(resolve, wait));

  let id = null, seen, storage, renewing, timer, warnAt, endsAt, isFresh = false;
  let release = () => {};

  // Deferred scripts run before DOMContentLoaded: wait for it, so that they hear announcements.
  const loaded = new Promise((resolve) => {
    if (document.readyState === "complete") resolve();
    document.addEventListener("DOMContentLoaded", resolve);
    window.addEventListener("load", resolve);
  });

  const warnOf = (mistake) => console.warn(`${name}: ${mistake}`);

  function announce(what, detail) {
    const event = new CustomEvent("tab-session:" + what, { detail: { name, ...detail } });
    loaded.then(() => document.dispatchEvent(event));
  }

  const held = new Map();
  const memory = { getItem: (k) => held.get(k), setItem: (k, v) => held.set(k, v), removeItem: (k) => held.delete(k) };

  function useMemory() {
    storage = memory;
    announce("memory");
  }

  function openStorage() {
    try {
      storage = options.storage || (isShared ? localStorage : sessionStorage);
      read("");
    } catch {
      useMemory();
    }
  }

  const read = (what) => storage.getItem(key + what);

  function write(what, value) {
    try {
      if (value) storage.setItem(key + what, value);
      else storage.removeItem(key + what);
    } catch {
      useMemory();
      write(what, value);
    }
  }

  function randomId() {
    const text = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))));
    return text.replaceAll("+", "-").replaceAll("/", "_").replace("=", "");
  }
  const newId = options.newId || randomId;

  function begin() {
    endsAt = 0;
    warn();
    id = newId();
    write("", id);
    write(FORK);
    write(NEXT);
    take(id, true);
    return id;
  }

  function fork(source) {
    // The source may be a copy that was never made.
    const original = read(FORK) || source;
    begin();
    write(FORK, original);
    announce("forked");
  }

  // 64 bits, which leave 192 of the id's 256 unknown whatever the function. No crypto.subtle: it is
  // missing on plain http, and takes time.
  function digest(text) {
    let one = 0x811c9dc5, two = 0x9e3779b1;
    for (const each of text) {
      one = Math.imul(one ^ each.charCodeAt(), 0x01000193);
      two = Math.imul(two ^ one ^ (two >>> 15), 0x85ebca6b);
    }
    return [one, two].map((part) => (part >>> 0).toString(36)).join("-");
  }

  // Whether this tab is the one with this id; from then on it is, until the page goes. Nobody else
  // can have an id that was made just now, so it yields to nobody.
  function take(wanted, isNew = false) {
    release();
    if (isShared || storage === memory) return true;
    const lock = "tab-session:" + digest(wanted);
    if (!navigator.locks) return inquire(lock, isNew);
    return new Promise((answer) => {
      navigator.locks.request(lock, { ifAvailable: true }, (granted) => {
        answer(Boolean(granted));
        return granted && new Promise((resolve) => { release = resolve; });
      }).catch(() => answer(inquire(lock, isNew)));
    });
  }

  // Where there are no locks: silence means that nobody else has it; of two who ask, one yields.
  function inquire(lock, isNew) {
    const me = Math.random();
    let channel;
    try {
      channel = new BroadcastChannel(lock);
    } catch {
      // Not there, or forbidden with all storage.
      return true;
    }
    let settled = isNew;
    release = () => channel.close();
    return new Promise((answer) => {
      const settle = (isMine) => {
        settled = isMine;
        if (!isMine) channel.close();
        answer(isMine);
      };
      channel.onmessage = ({ data: { asks, yours } }) => {
        if (asks && (settled || me < asks)) channel.postMessage({ yours: asks });
        // The answer of a busy page, late.
        else if (settled && yours === me) fork(id);
        else if (asks || yours === me) settle(false);
      };
      if (isNew) return settle(true);
      channel.postMessage({ asks: me });
      setTimeout(() => settle(true), 200);
    });
  }

  // A page of an older release kept it under a key that did not name the prefix.
  function moveIn() {
    if (settings.storageKey || read("")) return;
    for (const what of ["", FORK, NEXT]) write(what, storage.getItem(formerKey + what));
  }

  async function claim() {
    openStorage();
    moveIn();
    const kept = read("");
    if (!SHAPE.test(kept)) begin();
    // A page that is just being left may still hold the lock: ask twice.
    else if (await take(kept) || (await pause(80), await take(kept))) id = kept;
    else fork(kept);
    seen = id + read(STAMP);
  }

  let claimed = claim();
  const ready = () => claimed.then(() => loaded);

  window.addEventListener("pagehide", () => release());
  window.addEventListener("pageshow", ({ persisted }) => {
    if (persisted) claimed = claim();
  });

  // With shared storage: another tab went on, or took a new id.
  async function look() {
    await ready();
    if (read("") + read(STAMP) === seen) return;
    if (SHAPE.test(read(""))) id = read("");
    else begin();
    seen = id + read(STAMP);
    announce("changed");
  }
  if (isShared) {
    for (const event of ["storage", "focus"]) window.addEventListener(event, look);
    document.addEventListener("visibilitychange", look);
  }

  function headers() {
    const source = read(FORK);
    return { [HEADER]: id, ...(source && { [HEADER + "-Fork-Of"]: source }) };
  }

  function renew() {
    if (!read(NEXT)) write(NEXT, newId());
    return finishRenewal();
  }

  // The new id is kept until an answer came: a lost one is asked for again, with the same two ids.
  function finishRenewal() {
    const next = read(NEXT);
    if (!next) return id;
    const sender = id;
    return renewing ||= fetch(url, { ...UNKEPT, method: "POST", headers: { ...headers(), [HEADER + "-New"]: next } })
      .then(async (answer) => {
        if (answer.status >= 500 || read("") !== sender) return id;
        if (read(NEXT) === next) write(NEXT);
        if ([404, 405].includes(answer.status)) warnOf(`${url} answers ${answer.status}. Is it session_lifecycle's, or what data-url should name?`);
        // A host's log-in page is an answer, too, and not to this.
        if (answer.status !== 204) return id;
        hear(answer, id);
        write("", id = next);
        if (!(await take(next))) fork(next);
        return id;
      })
      .finally(() => { renewing = null; });
  }

  function warn() {
    clearTimeout(timer);
    if (!endsAt) return;
    const wait = warnAt - Date.now();
    // In short naps, because a timer stands still while the computer sleeps.
    if (wait > 0) timer = setTimeout(warn, Math.min(wait, 15000));
    else announce("ending", { seconds: Math.max(0, Math.round((endsAt - Date.now()) / 1000)) });
  }

  function over(sender) {
    if (id === sender) begin();
    announce("ended");
  }

  // What every answer may say: how long the draft lives, 0 where there is none, that it was ended.
  function hear(answer, sender) {
    const left = answer.headers.get(LEFT) * 1000;
    const ends = left && Date.now() + left;
    // What is asked by a page itself puts nothing off, unless somebody is there in another tab.
    const isSame = left && answer.headers.has("Tab-Live") && ends < endsAt + 2000;
    if (answer.headers.has(LEFT) && id === sender && !isSame) {
      endsAt = ends;
      warnAt = endsAt - Math.min(warning * 1000, left / 2);
      warn();
    }
    const told = answer.headers.get("HX-Trigger") || "";
    const says = (what) => told.includes("tab-session:" + what);
    if (says("ended")) over(sender);
    return says;
  }

  // A page that is asked for and gone is no dead end: the next request has a new id. Whoever ended it
  // here knows, and is shown the fresh page at once. What was sent keeps its id: its page offers a way.
  function leave(answer, request, sender) {
    const reason = answer.headers.get(HEADER + "-Gone");
    if (answer.status !== 410 || !reason) return false;
    const isCurrent = id === sender, isAsked = isRead(request);
    // This tab asked for it, or it was under way.
    const isKnown = isAsked && (reason === "ended" || (reason === "renewed" && !isCurrent));
    if (isAsked && isCurrent) begin();
    if (!isKnown || isCurrent) announce(isKnown ? "ended" : "gone", { reason });
    return isKnown;
  }

  // By fetch itself, a redirect would be followed with the id that was just given up.
  function follow(answer, request) {
    const target = new URL(answer.headers.get(HEADER + "-Redirect"), answer.url).href;
    return (isOurs(target) ? send : fetch)(target, { ...request, method: "GET", body: undefined });
  }

  async function send(action, request = {}, startsAfresh = false, isAgain = false) {
    await ready();
    if (isShared) await look();
    // What began afresh after a lost answer is the same beginning.
    if (startsAfresh && !isFresh) begin();
    isFresh ||= startsAfresh;
    await finishRenewal();
    const own = headers(), sender = id, all = new Headers(request.headers);
    if (!isRead(request)) all.set(HEADER + "-Redirect", "tell");
    for (const [header, value] of Object.entries(own)) all.set(header, value);
    const answer = await fetch(action, { ...request, ...UNKEPT, headers: all });
    isFresh = false;
    const says = hear(answer, sender);
    // Without it no session route was here, which would have made the copy.
    if (answer.ok && answer.headers.has(LEFT) && own[HEADER + "-Fork-Of"] === read(FORK)) write(FORK);
    // One that fails is tried again before the next request.
    if (says("renew") && id === sender) await renew().catch(() => {});
    const isRefused = (answer.status === 409 && says("renew")) || (answer.status === 400 && says("missing"));
    if (isRefused && !isAgain) {
      if (says("missing") && id === sender) begin();
      return send(action, request, false, true);
    }
    if (leave(answer, request, sender) && !isAgain) return send(action, request, false, true);
    if (isShared && answer.ok && !isRead(request)) {
      write(STAMP, newId());
      seen = id + read(STAMP);
    }
    if (answer.headers.has(HEADER + "-Redirect")) return follow(answer, request);
    return answer;
  }

  async function end() {
    await ready();
    const sender = id;
    const answer = await send(url, { method: "DELETE" });
    // It was over already: the answer was lost.
    if (answer.status === 410) over(sender);
    return answer;
  }

  function isOurs(action) {
    const at = new URL(action, document.baseURI);
    return at.origin === location.origin && (at.pathname + "/").startsWith(folder);
  }

  document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
    if (!isOurs(ctx.request.action)) return;
    const asker = ctx.request.submitter || ctx.sourceElement;
    const startsAfresh = Boolean(asker.closest("[data-new-booking]"));
    ctx.fetch = (action, request) => send(action, request, startsAfresh);
  });

  // A link may begin anew, too: the page it leads to is loaded with the new id.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-new-booking]");
    if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if ([name, ""].includes(link.dataset.newBooking)) begin();
  });

  // For developers: what no answer to a customer tells.
  const powered = "[data-htmx-powered]";
  const order = "htmx 4 is to come after tab-session.js, htmx 2 after tab-session-htmx2.js";
  document.addEventListener("tab-session:missing", () => warnOf(`asked without the tab's id. data-prefix is "${prefix}"; ${order}`));
  // What it asks for before this script hears of it goes without the id: at some loads, not at all.
  if (window.htmx?.version > "4" || document.querySelector(powered)) warnOf(order);
  window.addEventListener("load", () => {
    if (!window.TabHtmx2 && !(window.htmx?.version > "4") && document.querySelector(`[hx-get]:not(${powered}), [hx-post]:not(${powered})`)) warnOf("htmx 4 is needed, or htmx 2 with tab-session-htmx2.js.");
  });
  // The script of what keeps up may come with it, a moment later.
  let isToldOfLive = false;
  function lookForLive() {
    if (isToldOfLive || window.TabLive?.ask || !document.querySelector("[data-tab-live]")) return;
    // It is here, and has not run yet; by another script's name, perhaps.
    if (document.querySelector("script[src*=tab-live], script[data-bundles~=tab-live]")) return;
    isToldOfLive = true;
    warnOf("what has data-tab-live is never asked again: load tab-live.js after tab-session.js.");
  }
  const lookSoon = () => setTimeout(lookForLive, 2000);
  for (const event of ["load", "htmx:finally:request", "htmx:afterSettle"]) window.addEventListener(event, lookSoon);

  window[name] = {
    get ready() { return ready(); },
    get id() { return id; },
    // Whoever sends these sees the answer alone, so a copy is made first.
    headers: async () => {
      await ready();
      if (read(FORK)) await send(url, { method: "POST" }).catch(() => {});
      await finishRenewal();
      return headers();
    },
    fetch: (action, request) => (isOurs(action) ? send : fetch)(action, request),
    startNew: () => ready().then(begin),
    renew: () => ready().then(renew),
    keepAlive: () => send(url, { method: "POST" }),
    end,
  };
})();
