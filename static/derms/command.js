// Select, check, execute: counts a selection down, refuses after its end, and stands still while values are lost.
const WARN_S = 10;
let isLost = false;

const seconds = () => window.serverSeconds?.() ?? Date.now() / 1000;

function bar(panel, reason) {
  for (const button of panel.querySelectorAll("[data-needs-live]")) {
    button.disabled = Boolean(reason);
    button.title = reason;
  }
  const note = panel.querySelector("[data-refusal]");
  if (note && note.textContent !== reason) {
    note.textContent = reason;
    note.hidden = !reason;
  }
}

function count(panel) {
  const timer = panel.querySelector("[data-deadline]");
  if (!timer) return false;
  const left = Math.max(0, Math.ceil(Number(timer.dataset.deadline) - seconds()));
  if (timer.textContent !== String(left)) timer.textContent = left;
  const note = panel.querySelector("[data-deadline-words]");
  if (note && left === WARN_S) note.textContent = `${WARN_S} seconds left to execute.`;
  return left === 0;
}

function look() {
  for (const panel of document.querySelectorAll("[data-command]")) {
    const isOver = count(panel);
    if (isOver) bar(panel, "Selection expired. Check again to re-arm.");
    else bar(panel, isLost ? "Live values are lost, so commands are shut. They open when values return." : "");
    const again = panel.querySelector("[data-rearm]");
    if (again) again.hidden = !isOver;
  }
}

document.addEventListener("live:state", (event) => {
  isLost = event.detail === "lost";
  look();
});
// After an answer in the panel the reader goes on there: first field, else the title, never Execute.
function follow(event) {
  const panel = document.querySelector("#command");
  if (event.detail.target?.id !== "command" || !panel) return;
  for (const row of document.querySelectorAll("tr[data-group]")) row.classList.toggle("sel", row.dataset.group === panel.dataset.group);
  (panel.querySelector("[data-form-errors],.field input,.field select") ?? panel.querySelector("h2")).focus();
}

document.addEventListener("htmx:afterSettle", (event) => {
  look();
  follow(event);
});
setInterval(look, 500);
