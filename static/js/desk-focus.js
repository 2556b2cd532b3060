/* Where somebody goes on: a page that says what is amiss begins there. */
document.addEventListener("DOMContentLoaded", () => document.querySelector("#touched, #problem")?.focus());
