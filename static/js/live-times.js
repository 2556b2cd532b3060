/* Free times that are looked at: tab-live.js asks whether they still hold, and brings the fresh step
 * where they do not. What was taken is marked where it stands, and nothing is moved. What came free
 * is put in by a button.
 */
(() => {
  "use strict";
  if (window.LiveTimes) return;
  const words = { ...document.currentScript.dataset };
  const { radios, isGone, mark, looksReady } = window.GoneTimes;
  const find = (selector, within = document) => within.querySelector(selector);
  const chosen = () => radios().find((radio) => radio.checked);
  const announce = (...told) => { find("#announcer").textContent = told.join(" "); };
  let fresh;

  // Whether a day has free times that had none. Days have their numbers, for it is the same month.
  function markDays() {
    const number = (day) => (find("[aria-hidden]", day) || day).textContent;
    const days = new Map([...fresh.querySelectorAll("td .sb-day")].map((day) => [number(day), day]));
    let hasNews = false;
    for (const day of document.querySelectorAll("td .sb-day")) {
      const now = days.get(number(day));
      if (!day.href) hasNews ||= Boolean(now?.href);
      else if (now) {
        day.className = now.className;
        day.ariaLabel = now.ariaLabel || find(".sb-visually-hidden", now).textContent;
      }
    }
    return hasNews;
  }

  // How many there are: the numbers change, and no line becomes another.
  function count() {
    const [day, note] = [find("#day"), find(".sb-zone-note")];
    const now = find(".sb-zone-note", fresh)?.firstChild.data || find(".sb-no-times", fresh)?.dataset.note;
    if (note && now) note.firstChild.data = now;
    if (day?.dataset.said) day.dataset.said = find("#day", fresh)?.dataset.said || "";
  }

  // What the tab held may have been let go of by the shop.
  function noteHold() {
    const hold = find("#hold:not(.sb-hold-over)");
    if (!hold || find("#hold:not(.sb-hold-over)", fresh)) return;
    const headers = new Headers({ "Hold-Seconds-Left": "0" });
    document.dispatchEvent(new CustomEvent("booking:saved", { detail: { headers } }));
    hold.classList.add("sb-hold-over");
  }

  // Whether that was not offered before.
  function offer(text) {
    const before = find("#news")?.textContent;
    if (text === before) return false;
    find("#news")?.remove();
    const looks = { id: "news", type: "button", className: "sb-button sb-button-small sb-button-quiet sb-news" };
    if (text) find(".sb-calendar").append(Object.assign(document.createElement("button"), looks, { textContent: text }));
    return Boolean(text);
  }

  function show() {
    const wanted = chosen()?.value;
    for (const place of [".sb-calendar", "#shown-times"]) {
      const now = find(place, fresh).cloneNode(true);
      find(place).replaceWith(now);
      window.htmx.process(now);
    }
    const again = radios().find((radio) => radio.value === wanted);
    if (again) again.checked = true;
    find("#step").dataset.tabLive = find("#step", fresh).dataset.tabLive;
    (find("#day") || find("#step-heading")).focus();
    announce(find("#day")?.dataset.said || find("#month").dataset.said);
  }

  function update() {
    const free = new Set(radios(fresh).map((radio) => radio.value));
    const gone = radios().filter((radio) => !free.has(radio.value)).filter(mark);
    const left = new Set(radios().filter((radio) => !isGone(radio)).map((radio) => radio.value));
    const isSameMonth = find("#month").textContent === find("#month", fresh).textContent;
    const hasNews = (isSameMonth && markDays()) || [...free].some((value) => !left.has(value));
    count();
    noteHold();
    const news = radios().length && !left.size ? words.noneLeft : hasNews ? words.cameFree : undefined;
    const told = [gone.includes(chosen()) && words.chosenGone, offer(news) && news].filter(Boolean);
    if (told.length) announce(...told);
  }

  document.addEventListener("tab-session:live", async (event) => {
    const { target: step, detail: { fragment } } = event;
    if (step.dataset.step !== "time") return;
    event.preventDefault();
    // Else the business has changed: what is pressed next is answered with what is to be done.
    if (!find("[data-step=time]", fragment)) return;
    fresh = fragment;
    await looksReady();
    if (step.isConnected && fresh === fragment) update();
  });
  document.addEventListener("click", ({ target }) => {
    if (target.id === "news") show();
  });
  window.LiveTimes = true;
})();
