// Ticking rows of the alarm list: all of the page at once, X ticks the row in hand, and how many are ticked.
const list = () => document.querySelector("#alarms");
const boxes = () => [...(list()?.querySelectorAll("input[name=alarm]") ?? [])];

function count() {
  const every = boxes();
  const ticked = every.filter((box) => box.checked).length;
  const words = list()?.querySelector("[data-ticked]");
  if (words) words.textContent = ticked ? `${ticked} ticked.` : "";
  const all = list()?.querySelector("[data-tick-all]");
  if (!all) return;
  all.hidden = false;
  all.checked = ticked > 0 && ticked === every.length;
  all.indeterminate = ticked > 0 && ticked < every.length;
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-tick-all]")) for (const box of boxes()) box.checked = event.target.checked;
  count();
});
document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "x" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (localStorage.getItem("keys") === "off") return;
  const box = document.activeElement?.closest?.("tr")?.querySelector("input[name=alarm]");
  if (!box || event.target.matches("input[type=search],input[type=text],select,textarea")) return;
  box.checked = !box.checked;
  count();
});
// Who has ticked rows is in the middle of something: the list waits, as it does for the focus.
document.addEventListener("htmx:beforeSwap", (event) => {
  const region = event.target.closest?.("#alarms");
  if (!region?.querySelector("input[name=alarm]:checked")) return;
  event.detail.shouldSwap = false;
  const news = region.querySelector("[data-news]");
  if (news) news.hidden = false;
});
document.addEventListener("htmx:afterSettle", count);
count();
