/* The first part of tab-live.js: merging. What was typed, chosen or opened stays, and the focus. */
(() => {
  "use strict";
  const FIELDS = "input:not([type=submit], [type=button], [type=reset], [type=image]), select, textarea";
  const isTick = (field) => /^(checkbox|radio)$/.test(field.type);
  const fieldsOf = (element) => [...element.querySelectorAll(FIELDS)].filter((field) => field.type !== "file");

  function isTyped(field) {
    if (isTick(field)) return field.checked !== field.defaultChecked;
    if (!field.options) return field.value !== field.defaultValue;
    const options = [...field.options], hasDefault = options.some((each) => each.defaultSelected);
    if (!field.multiple && !hasDefault) return field.selectedIndex > 0;
    return options.some((each) => each.selected !== each.defaultSelected);
  }

  const asWritten = (field) => isTick(field) ? field.defaultChecked
    : field.options ? [...field.options].filter((each) => each.defaultSelected).map((each) => each.value).join()
    : field.defaultValue;

  // A form in which something was typed is kept whole, with what it says of itself in hidden fields:
  // so the server still sees from which state it was filled in.
  function typedIn(element) {
    const fields = fieldsOf(element), typed = fields.filter(isTyped);
    const owners = new Set(typed.map((field) => field.form || field));
    return fields.filter((field) => owners.has(field.form || field)).map((field) => ({
      field, name: field.name, type: field.type, value: field.value, checked: field.checked,
      chosen: field.options && [...field.options].filter((each) => each.selected).map((each) => each.value),
      wasTyped: typed.includes(field), written: asWritten(field),
    }));
  }

  const isSame = (kept) => (field) => field.name === kept.name && field.type === kept.type && (!isTick(field) || field.value === kept.value);

  function restore(element, kept) {
    const field = kept.field.isConnected ? kept.field : fieldsOf(element).find(isSame(kept));
    if (!field) return null;
    if (isTick(field)) field.checked = kept.checked;
    else if (kept.chosen) for (const each of field.options) each.selected = kept.chosen.includes(each.value);
    else if (field.value !== kept.value) field.value = kept.value;
    return field;
  }

  // What nobody touched shows what is stored now; the browser itself would keep what it was once set to.
  function renew(field) {
    if (!isTyped(field)) return;
    if (isTick(field)) field.checked = field.defaultChecked;
    else if (field.options) for (const each of field.options) each.selected = each.defaultSelected;
    else field.value = field.defaultValue;
  }

  // `put` puts the fresh fragment in place. Returns the names of the fields in which something was typed
  // while something else was stored.
  function merge(element, put) {
    const typed = typedIn(element), opened = new Map();
    for (const each of element.querySelectorAll("details")) opened.set(each, each.open);
    const hadFocus = element.contains(document.activeElement);
    put();
    const restored = new Set(), changed = [];
    for (const each of typed) {
      const field = restore(element, each), written = field && asWritten(field);
      restored.add(field);
      if (each.wasTyped && field && written !== each.written && field.value !== written) changed.push(each.name);
    }
    for (const field of fieldsOf(element)) if (!restored.has(field)) renew(field);
    for (const [each, wasOpen] of opened) each.open = wasOpen;
    if (hadFocus && !element.contains(document.activeElement)) element.focus({ preventScroll: true });
    return changed;
  }

  window.TabLive ||= { merge };
})();
