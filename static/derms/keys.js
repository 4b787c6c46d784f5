// One-letter keys. None acts while typing; all can be switched off in the list that "?" opens.
const typing = "input,textarea,select,[contenteditable]";
const sheet = document.querySelector("#keys");
const toggle = document.querySelector("#keys-on");
let awaitingPlace = 0;

const isOn = () => localStorage.getItem("keys") !== "off";
const visible = (element) => element.getClientRects().length > 0;
const first = (selector) => [...document.querySelectorAll(selector)].find(visible);

function step(by) {
  const list = document.activeElement.closest?.("[data-list]") ?? document.querySelector("[data-list]");
  const links = [...(list ?? document).querySelectorAll("tbody .link, li .link")].filter(visible);
  if (!links.length) return;
  const at = links.indexOf(document.activeElement);
  links[Math.max(0, Math.min(links.length - 1, at + by))].focus();
}

function cancel() {
  if (document.activeElement?.matches(typing)) {
    document.activeElement.blur();
    return;
  }
  first("[data-cancel]")?.click();
}

const deeds = {
  "/": () => first("[data-filter],input[type=search]")?.focus(),
  j: () => step(1),
  k: () => step(-1),
  a: () => (document.activeElement.closest?.("tr")?.querySelector("[data-ack]") ?? first("[data-ack]"))?.click(),
  f: () => document.dispatchEvent(new CustomEvent("keys:freeze")),
  g: () => { awaitingPlace = Date.now(); },
  "?": () => sheet?.showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || sheet?.open) return;
  if (event.key === "Escape") return cancel();
  if (!isOn() || event.target.matches?.(typing)) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (awaitingPlace && Date.now() - awaitingPlace < 1500) {
    awaitingPlace = 0;
    document.querySelector(`[data-go="${CSS.escape(key)}"]`)?.click();
    return;
  }
  if (!deeds[key]) return;
  event.preventDefault();
  deeds[key]();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-keys]")) sheet?.showModal();
});
if (toggle) {
  toggle.checked = isOn();
  toggle.addEventListener("change", () => localStorage.setItem("keys", toggle.checked ? "on" : "off"));
}
