/* An appointment is moved in the agenda's day by dragging it, with a mouse alone: dropping it opens the
 * form that moves it, with the new time chosen, and nothing else. A press that moves less than eight
 * pixels is a click; Escape drops nothing. Fingers scroll, and move no appointment.
 */
(() => {
  "use strict";
  const FAR = 8, TICK = 5, STEP = 15;
  const DRAGGED = ".sb-day a.sb-is-confirmed[data-booking-reference]";

  let held = null, mark = null, swallow = false;

  // Where its upper edge is: under the pointer it may be an hour further down.
  function placeAt({ clientX: x, clientY: y }) {
    const top = y - held.below;
    const under = document.elementsFromPoint(x, top).map((each) => each.closest("td[data-staff]")).find(Boolean);
    const row = under?.parentElement, box = under?.getBoundingClientRect();
    if (!row || !box.height) return null;
    const minutes = Number(row.dataset.ticks) * TICK;
    const within = Math.round(((top - box.top) / box.height) * minutes / STEP) * STEP;
    const at = Math.min(Math.max(within, 0), minutes - TICK);
    return { cell: under, at, minute: Number(row.dataset.minute) + at, staff: under.dataset.staff };
  }

  function show(place) {
    mark?.remove();
    mark = null;
    if (!place) return;
    mark = document.createElement("span");
    const length = [...held.entry.classList].find((name) => /^sb-for-\d+$/.test(name)) || "sb-for-3";
    mark.className = `sb-drop sb-at-${place.at / TICK} ${length}`;
    mark.setAttribute("aria-hidden", "true");
    place.cell.append(mark);
  }

  function end() {
    show(null);
    document.documentElement.classList.remove("sb-dragging");
    held = null;
  }

  function open({ minute, staff }) {
    const start = `${new Date(minute * 60000).toISOString().slice(0, 19)}Z`;
    const form = new URL(held.entry.href);
    form.pathname += "/time";
    form.search = new URLSearchParams({ start, staff });
    window.location.assign(form);
  }

  document.addEventListener("pointerdown", (event) => {
    swallow = false;
    const entry = event.target.closest?.(DRAGGED);
    if (!entry || event.pointerType !== "mouse" || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
    held = { entry, x: event.clientX, y: event.clientY, below: event.clientY - entry.getBoundingClientRect().top, isDragged: false };
  });
  document.addEventListener("pointermove", (event) => {
    if (!held) return;
    if (!event.buttons) return end();
    if (!held.isDragged && Math.hypot(event.clientX - held.x, event.clientY - held.y) < FAR) return;
    held.isDragged = true;
    document.documentElement.classList.add("sb-dragging");
    show(placeAt(event));
  });
  document.addEventListener("pointerup", (event) => {
    if (!held) return;
    const place = held.isDragged && placeAt(event);
    swallow = held.isDragged;
    if (place) open(place);
    end();
  });
  document.addEventListener("pointercancel", () => held && end());
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !held?.isDragged) return;
    event.preventDefault();
    swallow = true;
    end();
  });
  // The browser's own dragging of links would take the pointer away.
  document.addEventListener("dragstart", (event) => { if (held) event.preventDefault(); });
  document.addEventListener("click", (event) => {
    if (!swallow) return;
    swallow = false;
    event.preventDefault();
    event.stopPropagation();
  }, true);
})();
