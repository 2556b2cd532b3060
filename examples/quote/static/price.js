// Whatever is chosen at the step "cover", the price follows.
document.addEventListener("change", async ({ target }) => {
  const output = target.form?.querySelector("output[data-price]");
  if (!output) return;
  const chosen = Object.fromEntries(new FormData(target.form));
  const answer = await TabSession.fetch("/quote/price", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(chosen),
  });
  const { yearly } = answer.ok ? await answer.json() : {};
  output.textContent = yearly ? `${yearly} €` : "…";
});
