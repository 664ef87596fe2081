// Several chats at once: boxes before them, and what can be done to all that are ticked.
import { file } from "./filing.js";
import { entryOf, sessions } from "./list.js";

const bar = document.querySelector("#select-bar");
const count = bar.querySelector(".select-count");
const chosen = new Set();

export function select(id) {
  chosen.clear();
  chosen.add(id);
  sessions.dataset.selecting = "";
  bar.hidden = false;
  show();
  entryOf(id).querySelector(".session-check").focus();
}

function end() {
  const first = [...chosen].map(entryOf).find(Boolean);
  chosen.clear();
  delete sessions.dataset.selecting;
  bar.hidden = true;
  show();
  // The bar had the focus, or the boxes: both are gone.
  (first?.querySelector(".session-more") ?? document.querySelector("#new-chat")).focus();
}

function show() {
  for (const box of sessions.querySelectorAll(".session-check")) {
    box.checked = chosen.has(box.closest("[data-session]").dataset.session);
  }
  count.textContent = `${chosen.size} ${count.dataset.words}`;
  for (const button of bar.querySelectorAll('[data-bulk]:not([data-bulk=""])')) button.disabled = !chosen.size;
}

function isSelecting() {
  return "selecting" in sessions.dataset;
}

sessions.addEventListener("renewed", () => {
  for (const id of chosen) if (!entryOf(id)) chosen.delete(id);
  if (isSelecting()) show();
});

sessions.addEventListener("change", ({ target }) => {
  if (!target.matches(".session-check")) return;
  const { session } = target.closest("[data-session]").dataset;
  if (target.checked) chosen.add(session);
  else chosen.delete(session);
  show();
});

// A tap anywhere on the chat ticks it.
sessions.addEventListener("click", (event) => {
  const link = isSelecting() && event.target.closest("[data-session] a");
  if (!link) return;
  event.preventDefault();
  link.closest("[data-session]").querySelector(".session-check").click();
});

bar.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-bulk]");
  if (!button) return;
  const verb = button.dataset.bulk;
  if (!verb || (await file(verb, [...chosen]))) end();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && isSelecting() && sessions.parentElement.contains(event.target)) end();
});
