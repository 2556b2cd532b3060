/* Where somebody goes on: a page that says what is amiss begins there. */
document.addEventListener("DOMContentLoaded", () => {
  const amiss = document.querySelector("#touched, #problem");
  // Of a box taller than the screen the browser would show the middle.
  amiss?.focus({ preventScroll: true });
  amiss?.scrollIntoView({ block: "start" });
});
