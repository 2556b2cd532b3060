/* Whether this page is being left: then <html> has data-leaving, and what fails meanwhile is no
 * trouble, because browsers (Firefox, Safari) cancel what is under way as soon as they begin to
 * leave. If the page stays after all, for Stop was pressed, "booking:stayed" is announced.
 */
(() => {
  "use strict";
  // Milliseconds from a click to what the browser makes of it.
  const AT_ONCE = 500;
  // Milliseconds after which whoever began to leave has stayed.
  const STAYED = 10000;
  const page = document.documentElement.dataset;
  let timer, leadsNowhere = -AT_ONCE;

  function here() {
    clearTimeout(timer);
    delete page.leaving;
  }

  function stay() {
    here();
    document.dispatchEvent(new CustomEvent("booking:stayed"));
  }

  window.addEventListener("beforeunload", () => {
    if (performance.now() - leadsNowhere < AT_ONCE) return;
    here();
    timer = setTimeout(stay, STAYED);
    page.leaving = "";
  });
  window.addEventListener("pageshow", stay);

  // A telephone number, a file, another tab: the page is left for none of them.
  document.addEventListener("click", ({ target }) => {
    const link = target.closest("a[href]");
    const stays = link && (!/^http/.test(link.protocol) || link.target || link.hasAttribute("download"));
    leadsNowhere = stays ? performance.now() : -AT_ONCE;
  }, true);

  // Who sends something is still here, and asks anew.
  document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
    if ("leaving" in page && !ctx.sourceElement?.hasAttribute("data-quiet")) here();
  });
})();
