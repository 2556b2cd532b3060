/* The zone of whoever sets up a shop, as long as none is chosen: most sit where their shop is.
 */
(() => {
  "use strict";
  const zone = document.querySelector("select#field-zone");
  if (!zone || zone.value) return;
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if ([...zone.options].some((each) => each.value === here)) zone.value = here;
})();
