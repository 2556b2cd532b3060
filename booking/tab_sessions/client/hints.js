/* The last part of tab-live.js: a tab that wrote tells the others of this browser to ask, and nothing
 * else. Whoever hears it asks for itself, by its own id.
 */
(() => {
  "use strict";
  if (window.TabLive.hint) return;
  let channel;

  function open() {
    try {
      channel = new BroadcastChannel("tab-live");
      channel.onmessage = () => window.TabLive.ask();
    } catch {
      // Not there, or forbidden with all storage: then there is the pause.
    }
  }

  const hint = () => channel?.postMessage(null);

  document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
    if (ctx.request.method !== "GET" && ctx.response.raw.ok) hint();
  });
  // A page that holds one open is not kept for Back.
  window.addEventListener("pagehide", () => {
    channel?.close();
    channel = null;
  });
  window.addEventListener("pageshow", ({ persisted }) => persisted && open());

  window.TabLive.hint = hint;
  open();
})();
