/* What was typed in the moment before the page goes: HTMX saves when somebody pauses, so what came
 * after its last save travels with the leaving. The server leaves aside what comes too late.
 */
(() => {
  "use strict";
  const saver = () => document.querySelector("#step [data-quiet]");
  let typed = 0, saved = 0;
  let shown = saver();

  function hear({ target }) {
    if (saver() && target.closest?.("form")?.contains(saver())) typed += 1;
  }

  function save() {
    const place = saver();
    if (!place || saved === typed) return;
    saved = typed;
    const body = new URLSearchParams(new FormData(place.closest("form")));
    const more = JSON.parse(place.getAttribute("hx-vals"));
    for (const name of Object.keys(more)) body.set(name, more[name]);
    const headers = { "Tab-Session": TabSession.id, "HX-Request": "true" };
    const request = { method: "POST", body, headers, keepalive: true };
    fetch(place.getAttribute("hx-post"), request)
      .then((answer) => document.dispatchEvent(new CustomEvent("booking:saved", { detail: answer })))
      .catch(() => { saved = -1; });
  }

  document.addEventListener("input", hear);
  document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => { ctx.typed = typed; });
  document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
    if (ctx.sourceElement === saver() && ctx.response.status === 204) saved = ctx.typed;
  });
  document.addEventListener("htmx:after:swap", () => {
    // A form of its own, not "More time" beside this one.
    if (saver() !== shown) saved = typed;
    shown = saver();
  });
  // The first is fired before the next page is asked for; telephones often fire the last alone.
  for (const leaving of ["beforeunload", "pagehide"]) window.addEventListener(leaving, save);
  document.addEventListener("visibilitychange", () => { if (document.hidden) save(); });
})();
