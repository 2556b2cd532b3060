/* Words for what went wrong on the way at the desk: they stand above the page, which stays as it was.
 */
(() => {
  "use strict";
  const find = (selector) => document.querySelector(selector);

  function say(name) {
    find("#trouble")?.remove();
    const trouble = document.createElement("p");
    Object.assign(trouble, { id: "trouble", className: "sb-message sb-message-alert", tabIndex: -1 });
    trouble.setAttribute("role", "alert");
    trouble.append(find("#announcer").dataset[name]);
    find("main").prepend(trouble);
    trouble.focus();
  }

  const isQuiet = (ctx) => ctx?.sourceElement?.hasAttribute("data-quiet");

  document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
    const { status } = ctx.response;
    if (isQuiet(ctx)) return;
    if (status === 413) say("tooLarge");
    else if (status >= 500) say("busy");
    else find("#trouble")?.remove();
  });

  document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
    if (!isQuiet(ctx)) say("offline");
  });
})();
