// Night, day and light: the choice is kept in a cookie so that the server renders the right one at once.
const root = document.documentElement;
const names = { dark: "Night", day: "Day", light: "Light" };

function choose(theme) {
  root.dataset.theme = theme;
  document.cookie = `theme=${theme};path=/;max-age=31536000;samesite=lax`;
  label();
  document.dispatchEvent(new CustomEvent("theme", { detail: theme }));
}

function other(button) {
  return button.dataset.themes.split(" ").find((name) => name !== root.dataset.theme);
}

function label() {
  for (const button of document.querySelectorAll("[data-themes]")) {
    // Pages in another language bring their own words.
    const { [other(button)]: own, change } = button.dataset;
    const word = own ?? names[other(button)];
    button.textContent = word;
    button.setAttribute("aria-label", (change ?? "Change to {name} colours").replace("{name}", word.toLowerCase()));
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-themes]");
  if (button) choose(other(button));
});
label();
