// From the search field straight to what was found: arrow down, or Enter once the list stands for what was typed.
const field = document.querySelector("[data-search]");
const first = () => document.querySelector("#found .link");
let shown = field?.value ?? "";

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id === "found" || event.detail.elt?.id === "found") shown = field.value;
});
field?.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown" && first()) {
    event.preventDefault();
    first().focus();
  }
  if (event.key === "Enter" && field.value === shown && field.value.trim() && first()) {
    event.preventDefault();
    first().focus();
  }
});
