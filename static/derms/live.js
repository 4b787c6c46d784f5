// Live values over one websocket. Frames are JSON: {seq, t, v: {key: text or number}, ev: [names], pt: {key: number}}.
// v[key] becomes the text of [data-v=key], the custom property --x of [data-x=key] and --up of [data-up=key]
// (percent, see .hr and .gauge), the state class of [data-s=key], and the moment (epoch s) that the age of
// [data-t=key] counts from. The first frame after a connection is a complete snapshot, so a gap in seq is repaired by connecting again.
const SILENT_MS = 4000;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 30000;
// The page rests, or the server says no: neither is cured by asking again at once.
const REFUSED_CODES = [4401, 4403];

const address = document.body.dataset.live;
const sign = document.querySelector("#live");
const words = document.querySelector("#live-words");
const clock = document.querySelector("#clock");
const zone = document.documentElement.dataset.zone || "UTC";
const asTime = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: zone });

let places = new Map();
let socket;
let expected = 0;
let heardAt = 0;
let failures = 0;
let frozen = false;
let held = {};
let lastTime;
let serverAhead = (Number(document.body.dataset.now) || Date.now() / 1000) - Date.now() / 1000;
window.serverSeconds = () => Date.now() / 1000 + serverAhead;

const states = ["warn", "bad", "none", "stale", "dispatched", "held"];
const ways = {
  v: (element, value) => {
    if (element.textContent === String(value)) return;
    if (element.firstChild?.nodeType === Node.TEXT_NODE) element.firstChild.data = value;
    else element.textContent = value;
  },
  x: (element, value) => element.style.setProperty("--x", value),
  up: (element, value) => element.style.setProperty("--up", value),
  t: (element, value) => { element.dataset.age = value; },
  s: (element, value) => {
    for (const state of states) element.classList.toggle(state, state === value);
  },
};

function index() {
  places = new Map();
  for (const way of Object.keys(ways)) {
    for (const element of document.querySelectorAll(`[data-${way}]`)) {
      const key = element.dataset[way];
      if (!places.has(key)) places.set(key, []);
      places.get(key).push([ways[way], element]);
    }
  }
}

function apply(values) {
  for (const key in values) for (const [put, element] of places.get(key) ?? []) put(element, values[key]);
}

function say(state, text) {
  if (!sign || (sign.dataset.state === state && words.textContent === text)) return;
  const turned = sign.dataset.state !== state;
  sign.dataset.state = state;
  sign.className = `live ${state}`;
  words.textContent = text;
  if (!turned) return;
  document.body.classList.toggle("lost", state === "lost");
  document.dispatchEvent(new CustomEvent("live:state", { detail: state }));
}

function take(frame) {
  heardAt = Date.now();
  if (expected && frame.seq !== expected) {
    expected = 0;
    socket.close(4000, "gap");
    return;
  }
  expected = frame.seq + 1;
  lastTime = frame.t;
  serverAhead = frame.t - Date.now() / 1000;
  if (frozen) {
    Object.assign(held, frame.v);
    return;
  }
  apply(frame.v ?? {});
  say("on", "Live");
  document.dispatchEvent(new CustomEvent("live", { detail: frame }));
  for (const name of frame.ev ?? []) document.body.dispatchEvent(new CustomEvent(`live:${name}`));
}

function connect() {
  socket = new WebSocket(location.origin.replace("http", "ws") + address);
  socket.addEventListener("message", (event) => {
    failures = 0;
    take(JSON.parse(event.data));
  });
  socket.addEventListener("close", (event) => {
    expected = 0;
    if (REFUSED_CODES.includes(event.code)) {
      say("lost", "Signed out: load the page again");
      return;
    }
    const pause = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures);
    failures += 1;
    setTimeout(connect, pause * (0.7 + Math.random() * 0.6));
  });
}

function freeze() {
  if (!address) return;
  frozen = !frozen;
  if (frozen) {
    held = {};
    say("frozen", `Frozen at ${asTime.format(new Date((lastTime ?? serverSeconds()) * 1000))}`);
  } else {
    apply(held);
    say("on", "Live");
  }
  document.querySelector("[data-freeze]")?.setAttribute("aria-pressed", String(frozen));
}

function inWords(seconds) {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86400)} d`;
}

function tick() {
  const now = serverSeconds();
  if (clock) clock.textContent = asTime.format(new Date(now * 1000));
  for (const element of document.querySelectorAll("[data-age]")) {
    const age = Math.max(0, Math.round(now - Number(element.dataset.age)));
    const stale = age > Number(element.dataset.limit || Infinity);
    const text = stale ? `stale ${inWords(age)}` : `${inWords(age)} ago`;
    if (element.textContent !== text) element.textContent = text;
    element.classList.toggle("stale", stale);
    element.closest(".value")?.querySelector("b")?.classList.toggle("old", stale);
  }
  for (const element of document.querySelectorAll("[data-until]")) {
    element.textContent = inWords(Math.max(0, Math.round(Number(element.dataset.until) - now)));
  }
  const silent = Date.now() - heardAt;
  if (address && !frozen && heardAt && silent > SILENT_MS) say("lost", `No data for ${Math.round(silent / 1000)} s`);
}

// A region that would be swapped under the reader's hands waits, and says that it has news.
document.addEventListener("htmx:beforeSwap", (event) => {
  const region = event.target.closest?.("[data-keep-focus]");
  if (!region || !region.contains(document.activeElement) || event.detail.requestConfig?.triggeringEvent?.type === "click") return;
  event.detail.shouldSwap = false;
  const news = region.querySelector("[data-news]");
  if (news) news.hidden = false;
});
document.addEventListener("htmx:afterSettle", index);
document.addEventListener("keys:freeze", freeze);
document.addEventListener("click", (event) => event.target.closest("[data-freeze]") && freeze());
index();
tick();
setInterval(tick, 1000);
if (address) {
  if (sign) sign.hidden = false;
  heardAt = Date.now();
  connect();
}
