// What is done to chats, one or many, and the way back: a few seconds of Undo instead of "are you sure?".
import { currentSession, refresh, sessions } from "./list.js";

const OFFER = 8000;
const PENDING = "undo";
const BACK = { delete: "undelete", archive: "unarchive", unarchive: "archive" };
const toast = document.querySelector("#toast");
const words = toast.querySelector("span");
const undo = toast.querySelector("button");
let hiding;

// Whether it was done. Whoever is not told by a toast sees it in the list.
export async function file(verb, ids, value = "") {
  const isDone = await post(verb, ids, value);
  if (!isDone) {
    say(toast.dataset.failed);
    return false;
  }
  if (BACK[verb]) offer({ verb, ids, until: Date.now() + OFFER });
  if (verb === "delete" && ids.includes(currentSession())) location.assign(sessions.dataset.home);
  else await refresh();
  return true;
}

// A page that was left for another takes its offer along.
export function offerAgain() {
  const pending = JSON.parse(sessionStorage.getItem(PENDING) ?? "null");
  if (pending?.until > Date.now()) offer(pending);
}

async function post(verb, ids, value) {
  const body = new FormData();
  body.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
  body.set("do", verb);
  body.set("value", value);
  body.set("fetch", "1");
  for (const id of ids) body.append("session", id);
  const answer = await fetch(sessions.dataset.fileUrl, { method: "POST", body }).catch(() => null);
  return Boolean(answer?.ok);
}

function offer(pending) {
  sessionStorage.setItem(PENDING, JSON.stringify(pending));
  const several = pending.ids.length > 1 ? ` (${pending.ids.length})` : "";
  say(toast.dataset[pending.verb] + several, pending.until - Date.now());
  undo.hidden = false;
  undo.onclick = () => takeBack(pending);
}

async function takeBack({ verb, ids }) {
  sessionStorage.removeItem(PENDING);
  const isDone = await post(BACK[verb], ids, "");
  say(isDone ? toast.dataset.undone : toast.dataset.failed, 3000);
  document.dispatchEvent(new CustomEvent("sessions-filed"));
  await refresh();
}

function say(text, milliseconds = OFFER) {
  clearTimeout(hiding);
  words.textContent = text;
  undo.hidden = true;
  toast.hidden = false;
  hiding = setTimeout(hide, milliseconds);
}

// Nobody loses it from under their hand.
function hide() {
  if (toast.matches(":hover, :focus-within")) hiding = setTimeout(hide, 1000);
  else toast.hidden = true;
}
