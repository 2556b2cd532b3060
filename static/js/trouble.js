/* Words for what went wrong on the way: they stand above the step, which stays as it was.
 */
(() => {
  "use strict";
  // What belongs in a place, by its id; in any other it is a step, and a whole page is one of ours.
  const BELONGS = { hold: "#hold", "field-zone": "optgroup" };
  const STEP = "#step[data-step]", PAGE = "#announcer";
  const find = (selector) => document.querySelector(selector);
  const words = (name) => find("#announcer").dataset[name];
  // What is saved along the way asks for no answer, so it has nothing to say either.
  const isQuiet = (ctx) => ctx.sourceElement?.hasAttribute("data-quiet");
  const isPage = (ctx) => ctx.target === document.body;
  let inMemory = false;
  let unsaid;

  function box(id, role, kind, text) {
    find("#" + id)?.remove();
    const element = document.createElement("div");
    Object.assign(element, { id, className: `sb-message sb-message-${kind}`, tabIndex: -1 });
    element.setAttribute("role", role);
    const line = document.createElement("p");
    line.append(text);
    element.append(line);
    return element;
  }

  const link = (name, more) =>
    Object.assign(document.createElement("a"), { href: location.href, textContent: words(name), ...more });

  function say(name, ctx) {
    const trouble = box("trouble", "alert", "alert", words(name));
    // It takes the focus, so it is read already.
    trouble.setAttribute("aria-live", "off");
    if (isPage(ctx) || !find("#step")) trouble.firstChild.append(" ", link("reload"));
    else if (name === "elsewhere") trouble.firstChild.append(" ", words("kept"), " ", link("another", { target: "_blank", rel: "noopener" }));
    find("main h1").after(trouble);
    document.title = words("error") + document.title.replace(words("error"), "");
    trouble.focus();
  }

  function showTrouble(...trouble) {
    if ("leaving" in document.documentElement.dataset) unsaid = trouble;
    else say(...trouble);
  }

  document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
    if (!isQuiet(ctx)) unsaid = null;
  });

  document.addEventListener("booking:stayed", () => {
    if (unsaid) say(...unsaid);
    unsaid = null;
  });

  const belongs = (ctx) =>
    new DOMParser().parseFromString(ctx.text, "text/html")
      .querySelector(isPage(ctx) ? PAGE : BELONGS[ctx.target?.id] || STEP);

  // A page that is not ours (a log-in, a proxy's, a crash) must not take the place of what was
  // typed, whatever its status. An order to leave (HX-Redirect) is obeyed.
  document.addEventListener("htmx:after:request", (event) => {
    const { ctx } = event.detail;
    const { status } = ctx.response;
    if (isQuiet(ctx) || [204, 304].includes(status) || ctx.hx.redirect || ctx.hx.refresh) return;
    if (status < 500 && status !== 413 && belongs(ctx)) return;
    event.preventDefault();
    showTrouble(status === 413 ? "tooLarge" : status < 500 ? "elsewhere" : "busy", ctx);
  });

  document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
    if (ctx && !isQuiet(ctx)) showTrouble("offline", ctx);
  });

  function showMemoryNote() {
    if (inMemory) find("main").prepend(box("memory-note", "status", "notice", words("memory")));
  }

  document.addEventListener("htmx:after:swap", showMemoryNote);
  document.addEventListener("tab-session:memory", () => {
    inMemory = true;
    showMemoryNote();
  });
})();
