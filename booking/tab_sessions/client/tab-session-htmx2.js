/* For pages with htmx 2, which waits for nobody. Load it after tab-session.js:
 *
 *   <script src=".../tab-session.js" data-prefix="/book/" defer></script>
 *   <script src=".../tab-session-htmx2.js" defer></script>
 *
 * What htmx 2 sends below a prefix is sent by that script's fetch instead, and answered to it as its own
 * XMLHttpRequest would be: so renewals, copies and redirects are what they are with htmx 4. What it
 * keeps of pages in sessionStorage is switched off, or nothing is sent.
 */
(() => {
  "use strict";
  if (window.TabHtmx2.withoutSnapshots) return;
  const { setHeader, sendBy } = window.TabHtmx2;
  // Capturing, so that the page's own listeners come later and have the last word.
  const on = (event, listener) => document.addEventListener(event, listener, true);
  const said = new Set();
  let isFresh = false;

  function refuse(event, mistake) {
    event.preventDefault();
    if (!said.has(mistake)) console.error(`TabSession: nothing is sent. ${mistake}`);
    said.add(mistake);
  }

  // Of the scripts whose prefix covers an address the last one has the last word, as with htmx 4.
  function tabFor(address) {
    const at = (place) => new URL(place, document.baseURI);
    if (at(address).origin !== location.origin || /^4/.test(window.htmx?.version)) return null;
    // As the browser writes it: of "/büro/" it makes "/b%C3%BCro/".
    const folder = (place) => at(place).pathname.replace(/\/?$/, "/");
    const owns = ({ dataset }) => folder(address).startsWith(folder(dataset.prefix || "/"));
    const script = [...document.querySelectorAll("script[data-prefix]")].filter(owns).pop();
    return (script && window[script.dataset.name || "TabSession"]) || null;
  }

  function isSetByThePage() {
    try {
      return JSON.parse(document.querySelector("meta[name=htmx-config]").content).historyCacheSize === 0;
    } catch {
      return false;
    }
  }

  // What keeps htmx 2 from leaving what a tab shows in sessionStorage; null when nothing does.
  function withoutSnapshots() {
    const { config } = window.htmx || {};
    if (config) config.historyCacheSize = 0;
    return config || isSetByThePage() || null;
  }

  function check(event, address) {
    if (!tabFor(address)) return;
    if (window.htmx && !/^2/.test(window.htmx.version)) refuse(event, `htmx is ${window.htmx.version}, and has to be 2 or 4.`);
    else if (!withoutSnapshots()) {
      refuse(event, "htmx 2 keeps pages in sessionStorage, and is not window.htmx, where that is switched off. "
        + `Write <meta name="htmx-config" content='{"historyCacheSize": 0}'>.`);
    }
  }

  on("htmx:configRequest", (event) => check(event, event.detail.path));

  on("htmx:beforeSend", ({ detail: { xhr, requestConfig, pathInfo, elt } }) => {
    const address = pathInfo.finalRequestPath, tab = tabFor(address), headers = new Headers();
    if (!tab) return;
    for (const [name, value] of Object.entries(requestConfig.headers)) setHeader(headers, name, value);
    const asker = requestConfig.triggeringEvent?.submitter || elt;
    const startsAfresh = asker.closest("[data-new-booking]");
    sendBy(xhr, async (request) => {
      // What began afresh after a lost answer is the same beginning.
      if (startsAfresh && !isFresh) await tab.startNew();
      isFresh ||= Boolean(startsAfresh);
      const came = await tab.fetch(address, { ...request, method: requestConfig.verb.toUpperCase() });
      isFresh = false;
      return came;
    }, headers);
  });

  // Back: nothing was kept, so htmx asks for the page.
  on("htmx:historyCacheMiss", (event) => {
    const { path, xhr } = event.detail, tab = tabFor(path);
    check(event, path);
    if (!tab || event.defaultPrevented) return;
    const headers = new Headers({ "HX-History-Restore-Request": "true", "HX-Current-URL": location.href });
    if (window.htmx?.config.historyRestoreAsHxRequest !== false) headers.set("HX-Request", "true");
    sendBy(xhr, (request) => tab.fetch(path, request), headers);
  });

  on("htmx:beforeHistorySave", withoutSnapshots);

  // As htmx 4 does: a refusal has something to say. One that is to leave the page alone says so itself.
  on("htmx:beforeSwap", ({ detail }) => {
    if (window.TabHtmx2.isOurs(detail.xhr) && /^4/.test(detail.xhr.status)) detail.shouldSwap = true;
  });

  Object.assign(window.TabHtmx2, { withoutSnapshots });
})();
