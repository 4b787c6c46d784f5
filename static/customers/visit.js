// Keeps what was typed and photographed on this phone until the server has it, and sends it again
// when the connection is back. Without this the form works the same, as long as there is a connection.
const form = document.querySelector("form[data-visit]");

const RETRY_S = 10;
const line = document.querySelector("[data-visit-state]");

const opened = () => new Promise((resolve, reject) => {
  const asking = indexedDB.open("visits", 1);
  asking.onupgradeneeded = () => asking.result.createObjectStore("drafts");
  asking.onsuccess = () => resolve(asking.result);
  asking.onerror = () => reject(asking.error);
});

const store = async (mode, deed) => {
  const database = await opened();
  return new Promise((resolve, reject) => {
    const doing = database.transaction("drafts", mode);
    const asking = deed(doing.objectStore("drafts"));
    doing.oncomplete = () => { database.close(); resolve(asking.result); };
    doing.onerror = () => { database.close(); reject(doing.error); };
  });
};

const name = form.dataset.visit;
const tell = (words) => { line.textContent = words; };
const photos = form.elements.namedItem("photos");
const fields = () => [...form.elements].filter((one) => one.name
  && !["file", "submit"].includes(one.type) && one.name !== "csrfmiddlewaretoken");

let kept = [];

const keep = async (extra = {}) => {
  const values = Object.fromEntries(fields().map((one) => [
    one.name, one.type === "checkbox" ? one.checked : one.value]));
  await store("readwrite", (drafts) => drafts.put({ values, photos: kept, ...extra }, name));
};

const forget = () => store("readwrite", (drafts) => drafts.delete(name));

const back = async () => {
  const draft = await store("readonly", (drafts) => drafts.get(name));
  if (!draft) return null;
  for (const one of fields()) {
    if (!(one.name in draft.values)) continue;
    if (one.type === "checkbox") one.checked = draft.values[one.name];
    else one.value = draft.values[one.name];
  }
  kept = draft.photos ?? [];
  tell(`What you typed is on this phone${kept.length ? `, with ${kept.length} photos` : ""}.`);
  return draft;
};

let waiting = 0;

const send = async (isFinal) => {
  clearTimeout(waiting);
  await keep({ wants: isFinal ? "finish" : "save" });
  const body = new FormData(form);
  body.delete("photos");
  for (const photo of kept) body.append("photos", photo, photo.name);
  body.set(isFinal ? "finish" : "save", "1");
  tell("Sending…");
  let answer;
  try {
    answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
  } catch {
    answer = null;
  }
  if (answer === null || answer.status >= 500) {
    tell("No connection. Everything is kept on this phone and is sent when the connection is back.");
    waiting = setTimeout(() => send(isFinal), RETRY_S * 1000);
    return;
  }
  if (answer.redirected || !answer.headers.get("Content-Type")?.startsWith("application/json")) {
    tell("You are signed out. Sign in again in another tab, then press the button once more.");
    return;
  }
  const said = await answer.json();
  if (answer.ok) {
    await forget();
    location.assign(said.url);
    return;
  }
  await keep();
  const words = Object.values(said.fields ?? {}).flat();
  tell([said.message, ...words].join(" "));
};

if (form && "indexedDB" in window) {
  form.addEventListener("input", (event) => {
    if (event.target === photos) return;
    keep().then(() => tell("Kept on this phone, not sent yet."));
  });
  photos.addEventListener("change", async () => {
    kept = [...kept, ...photos.files];
    photos.value = "";
    await keep();
    tell(`${kept.length} photos are kept on this phone, not sent yet.`);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(event.submitter?.name === "finish");
  });
  back().then((draft) => {
    if (draft?.wants) send(draft.wants === "finish");
    window.addEventListener("online", async () => {
      const now = await store("readonly", (drafts) => drafts.get(name));
      if (now?.wants) send(now.wants === "finish");
    });
  });
}
