// The chats beside every page. What is opened seldom is loaded when it is opened.
import { onRenewed, refresh, sessions } from "./sidebar/list.js";
import { offerAgain } from "./toast.js";
import { openPalette } from "./palette.js";

export { refresh };

const CLOSED = "closed-folders";
const GATHER = 200;

function closedFolders() {
  return new Set(JSON.parse(localStorage.getItem(CLOSED) ?? "[]"));
}

function rememberFolder({ open, dataset }) {
  const closed = closedFolders();
  if (open) closed.delete(dataset.folder);
  else closed.add(dataset.folder);
  localStorage.setItem(CLOSED, JSON.stringify([...closed]));
}

const older = new IntersectionObserver(
  (entries) => {
    const near = entries.find((entry) => entry.isIntersecting);
    if (near) refresh({ shown: near.target.dataset.more });
  },
  { root: sessions, rootMargin: "200px" },
);

onRenewed(() => {
  const closed = closedFolders();
  for (const folder of sessions.querySelectorAll(".side-folder")) folder.open = !closed.has(folder.dataset.folder);
  older.disconnect();
  const more = sessions.querySelector("[data-more]");
  if (more) older.observe(more);
});

// Toggling does not bubble.
sessions.addEventListener("toggle", (event) => rememberFolder(event.target), { capture: true });

sessions.addEventListener("click", async ({ target }) => {
  const button = target.closest(".session-more");
  const more = target.closest("[data-more]");
  if (button) (await import("./sidebar/menu.js")).openMenu(button);
  else if (more) refresh({ shown: more.dataset.more });
});

document.addEventListener("click", ({ target }) => target.closest("[data-palette]") && openPalette());

if (/Mac|iP(hone|ad)/.test(navigator.platform)) document.querySelector("[data-palette] kbd").textContent = "⌘ K";
// From the page's wire. A program that talks in a session changes the list with every call.
let due;
addEventListener("portal:sessions", () => {
  due ??= setTimeout(() => {
    due = undefined;
    refresh();
  }, GATHER);
});
offerAgain();
