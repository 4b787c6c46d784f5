// Cards move by drag or by their own menu: dropping a card presses the menu's entry for that lane, so both do the same.
const says = document.querySelector("#board-says");
let held = null;

document.addEventListener("dragstart", (event) => {
  held = event.target.closest?.("[data-card]");
  held?.classList.add("held");
});
document.addEventListener("dragend", () => {
  held?.classList.remove("held");
  held = null;
  for (const lane of document.querySelectorAll(".lane.over")) lane.classList.remove("over");
});
document.addEventListener("dragover", (event) => {
  const lane = held && event.target.closest?.("[data-lane]");
  if (!lane || lane.contains(held)) return;
  event.preventDefault();
  for (const other of document.querySelectorAll(".lane.over")) if (other !== lane) other.classList.remove("over");
  lane.classList.add("over");
});
document.addEventListener("drop", (event) => {
  const lane = held && event.target.closest?.("[data-lane]");
  if (!lane) return;
  event.preventDefault();
  const way = held.querySelector(`[data-to="${CSS.escape(lane.dataset.lane)}"]`);
  if (way) return way.click();
  const words = `Customer service cannot move ${held.querySelector(".link").textContent} there. What it can is in its menu.`;
  says.classList.remove("vh");
  says.textContent = words;
});

// E assigns the row or card in focus to me, M opens the card's menu.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || localStorage.getItem("keys") === "off") return;
  if (event.target.matches?.("input:not([type=checkbox]),textarea,select")) return;
  const item = document.activeElement.closest?.("[data-card],tr");
  if (!item) return;
  const key = event.key.toLowerCase();
  if (key === "m") {
    const menu = item.querySelector("details.move");
    if (!menu) return;
    menu.open = !menu.open;
    (menu.open ? menu.querySelector("[data-to]") : menu.querySelector("summary")).focus();
  }
  if (key === "e") {
    const own = item.querySelector("[data-assign]");
    if (own) return own.click();
    const tick = item.querySelector("[name=chosen]");
    const form = tick?.form;
    if (!form) return;
    for (const other of form.querySelectorAll("[name=chosen]")) other.checked = other === tick;
    form.elements.to.value = "me";
    form.requestSubmit();
  }
});
