/* The third part of tab-live.js: one question about one element, and what becomes of its answer. */
(() => {
  "use strict";
  const live = window.TabLive;
  if (live.question) return;
  const STAMP = "Tab-Live";
  // Milliseconds for which an answer is awaited.
  const PATIENCE = 20000;
  const said = new Set();

  // For developers, and once.
  function warn(mistake) {
    if (!said.has(mistake)) console.warn(`TabLive: ${mistake}`);
    said.add(mistake);
  }

  function say(what, element, detail) {
    return element.dispatchEvent(new CustomEvent("tab-session:" + what, { bubbles: true, cancelable: true, detail }));
  }

  // Configured as any request of htmx is, so tab-session.js and the page's own scripts add what they
  // add to those.
  function configured(element) {
    const request = { action: element.dataset.tabLive, method: "GET", headers: {
      "HX-Request": "true", "HX-Request-Type": "partial", "HX-Current-URL": location.href, Accept: "text/html",
    } };
    const ctx = { live: true, sourceElement: element, request };
    if (!window.htmx.trigger(element, "htmx:config:request", { ctx })) return null;
    // A page that belongs to no tab: who may ask is told by its cookie.
    if ("tabLiveAlone" in element.dataset) ctx.fetch ||= window.fetch.bind(window);
    if (!ctx.fetch) warn(`no data-prefix of a tab-session.js covers ${request.action}.`);
    return ctx.fetch ? ctx : null;
  }

  function swap(element, ctx, text, style) {
    // Why it failed is said by htmx.
    window.htmx.swap({ ...ctx, text, target: element, swap: style, hx: {} }).catch(() => {});
  }

  function replace(element, ctx, text, stamp) {
    swap(element, ctx, text, "outerHTML");
    const fresh = live.elements().find((each) => each.dataset.tabLive === ctx.request.action);
    if (fresh && stamp) fresh.dataset.tabLiveStamp = stamp;
  }

  function parsed(element, text) {
    const holder = document.createElement("template");
    holder.innerHTML = text;
    // The answer may be more than this place.
    const own = element.id && holder.content.querySelector("#" + CSS.escape(element.id));
    if (own) holder.content.replaceChildren(own);
    for (const each of holder.content.querySelectorAll("[autofocus]")) each.autofocus = false;
    return holder;
  }

  function show(element, ctx, text, stamp) {
    // What was typed belongs to the one before.
    if (live.isAnotherSession(element, stamp)) return replace(element, ctx, text, stamp);
    const holder = parsed(element, text);
    const put = () => swap(element, ctx, holder.innerHTML, "outerMorph");
    const kept = say("live", element, { fragment: holder.content }) ? live.merge(element, put) : [];
    element.dataset.tabLiveStamp = stamp;
    say("refreshed", element, { kept });
  }

  function refused(element, { status, headers }, rest) {
    say("refused", element, { status, to: headers.get("HX-Redirect") });
    return { rest, hasFailed: true };
  }

  // Whether anything has changed, and for how long the server wants to be left alone (milliseconds).
  // `isLate` says at the end whether the customer has gone on meanwhile. It throws what failed.
  async function question(element, isLate) {
    if (!/^4/.test(window.htmx?.version)) return warn("what keeps up needs htmx 4.") || {};
    const ctx = configured(element), address = element.dataset.tabLive;
    if (!ctx) return {};
    ctx.request.headers[STAMP] = element.dataset.tabLiveStamp || "none";
    ctx.request.signal = AbortSignal.timeout(PATIENCE);
    const answer = await ctx.fetch(address, ctx.request);
    const rest = pauseOf(answer), stamp = answer.headers.get(STAMP), text = await answer.text();
    if (answer.status === 204 || isLate() || !element.isConnected || element.dataset.tabLive !== address) return { rest };
    if (answer.ok && !stamp && !answer.redirected) warn(`${address} is no live route: session_route(…, live=True).`);
    if (answer.status === 410) replace(element, ctx, text);
    else if (answer.ok && stamp) show(element, ctx, text, stamp);
    // What a log-in page or a proxy answers is not meant for this place.
    else return refused(element, answer, rest);
    return { rest, hasChanged: true };
  }

  // Of Retry-After: seconds, or a date. An hour at most.
  function pauseOf(answer) {
    const wanted = answer.headers.get("Retry-After") || 0;
    const rest = isNaN(wanted) ? Date.parse(wanted) - Date.now() : wanted * 1000;
    return Math.min(Math.max(rest || 0, 0), 3600000);
  }

  live.question = question;
})();
