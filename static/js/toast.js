// A line that comes and goes, and the way back: a few seconds of Undo instead of "are you sure?".
const OFFER = 8000;
const PENDING = "undo";
const toast = document.querySelector("#toast");
const words = toast.querySelector("span");
const undo = toast.querySelector("button");
const link = toast.querySelector("a");
let hiding;

export function say(text, milliseconds = OFFER) {
  clearTimeout(hiding);
  words.textContent = text;
  undo.hidden = link.hidden = true;
  toast.hidden = false;
  hiding = setTimeout(hide, milliseconds);
}

export const sayFailed = () => say(toast.dataset.failed);

// `fields` are sent to `url` to take back what `text` says was done. "portal:undone" tells the page of it.
// `open` is where what was made can be seen.
export function offer({ text, url, fields, open, until = Date.now() + OFFER }) {
  sessionStorage.setItem(PENDING, JSON.stringify({ text, url, fields, open, until }));
  say(text, until - Date.now());
  undo.hidden = false;
  link.hidden = !open;
  if (open) link.href = open;
  undo.onclick = () => takeBack(url, fields);
}

// A page that was left for another takes its offer along.
export function offerAgain() {
  const pending = JSON.parse(sessionStorage.getItem(PENDING) ?? "null");
  if (pending?.until > Date.now()) offer(pending);
}

// Whether it was done.
export async function post(url, fields) {
  const body = new FormData();
  body.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
  body.set("fetch", "1");
  for (const [name, value] of fields) body.append(name, value);
  const answer = await fetch(url, { method: "POST", body }).catch(() => null);
  return Boolean(answer?.ok);
}

async function takeBack(url, fields) {
  sessionStorage.removeItem(PENDING);
  const isDone = await post(url, fields);
  say(isDone ? toast.dataset.undone : toast.dataset.failed, 3000);
  document.dispatchEvent(new CustomEvent("portal:undone", { detail: { fields, isDone } }));
}

// Nobody loses it from under their hand.
function hide() {
  if (toast.matches(":hover, :focus-within")) hiding = setTimeout(hide, 1000);
  else toast.hidden = true;
}
