// Small habits of parts: filtering rows in place, views behind a segmented control, focus after swaps and errors.
let lastRegion = "";

function filter(input) {
  const wanted = input.value.trim().toLowerCase();
  const rows = document.querySelectorAll(`${input.dataset.filter} [data-text]`);
  let shown = 0;
  for (const row of rows) {
    row.hidden = !row.dataset.text.toLowerCase().includes(wanted);
    if (!row.hidden) shown += 1;
  }
  const count = document.querySelector(input.dataset.count ?? "#filter-count");
  if (count) count.textContent = `${shown} of ${rows.length}`;
}

function show(button) {
  for (const sibling of button.parentElement.querySelectorAll("[data-show]")) {
    const isChosen = sibling === button;
    sibling.setAttribute("aria-pressed", String(isChosen));
    const view = document.querySelector(sibling.dataset.show);
    if (view) view.hidden = !isChosen;
  }
}

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-filter]")) filter(event.target);
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-show]");
  if (button) show(button);
});
document.addEventListener("submit", (event) => {
  if (event.target.matches("form[data-once]")) {
    for (const button of event.target.querySelectorAll("button:not([type=button])")) button.setAttribute("aria-disabled", "true");
  }
});
// When the button that was pressed is gone after a swap, the region names who gets the focus.
document.addEventListener("htmx:afterSettle", () => {
  if (document.activeElement !== document.body || !lastRegion) return;
  const region = document.getElementById(lastRegion);
  const wanted = region?.dataset.refocus?.split(",") ?? [];
  wanted.map((selector) => region.querySelector(selector)).find(Boolean)?.focus();
  lastRegion = "";
});
document.addEventListener("htmx:beforeSwap", (event) => {
  const region = event.target.closest?.("[data-refocus]");
  if (region?.contains(document.activeElement)) lastRegion = region.id;
});
const firstSummary = document.querySelector("[data-form-errors]");
if (firstSummary) firstSummary.focus();
