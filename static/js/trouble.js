/* Words for what went wrong on the way: they stand above the step, which stays as it was.
 */
(() => {
  "use strict";
  const OURS = /<(section|div) id="(step|hold)"/;
  const find = (selector) => document.querySelector(selector);
  const words = (name) => find("#announcer").dataset[name];
  // What is saved along the way asks for no answer, so it has nothing to say either.
  const isQuiet = (ctx) => ctx.sourceElement?.hasAttribute("data-quiet");
  let inMemory = false;

  function box(id, role, kind, text) {
    find("#" + id)?.remove();
    const element = document.createElement("div");
    Object.assign(element, { id, className: `message message-${kind}`, tabIndex: -1 });
    element.setAttribute("role", role);
    element.append(text);
    return element;
  }

  function reloadLink() {
    const link = document.createElement("a");
    return Object.assign(link, { href: location.href, textContent: words("reload") });
  }

  function showTrouble(name, cameByHistory) {
    const trouble = box("trouble", "alert", "alert", words(name));
    if (cameByHistory || !find("#step")) trouble.append(" ", reloadLink());
    find("main h1").after(trouble);
    trouble.focus();
  }

  function showMemoryNote() {
    if (inMemory) find("main").prepend(box("memory-note", "status", "notice", words("memory")));
  }

  // A page that is not ours (a proxy's, a crash) must not take the place of what was typed.
  document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
    const { status } = ctx.response;
    const isPage = ctx.target === document.body;
    if (isQuiet(ctx)) return;
    if (status < 500 && status !== 413 && (isPage || OURS.test(ctx.text))) return;
    ctx.hx.reswap = "none";
    showTrouble(status === 413 ? "tooLarge" : "busy", isPage);
  });

  document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
    if (ctx && !isQuiet(ctx)) showTrouble("offline", ctx.target === document.body);
  });

  document.addEventListener("htmx:after:swap", showMemoryNote);
  document.addEventListener("tab-session:memory", () => {
    inMemory = true;
    showMemoryNote();
  });
})();
