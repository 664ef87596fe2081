// The chats beside every page. What is opened seldom is loaded when it is opened.
const sessions = document.querySelector("#sidebar-sessions");
const palette = document.querySelector("#palette");
const CLOSED = "closed-folders";
const GATHER = 200;

async function refresh(options) {
  (await import("./sidebar/list.js")).refresh(options);
}

function closedFolders() {
  return new Set(JSON.parse(localStorage.getItem(CLOSED) ?? "[]"));
}

// At the click: when "toggle" comes, the list may have been renewed.
function rememberFolder({ open, dataset }) {
  const closed = closedFolders();
  if (open) closed.add(dataset.folder);
  else closed.delete(dataset.folder);
  localStorage.setItem(CLOSED, JSON.stringify([...closed]));
}

const older = new IntersectionObserver(
  (entries) => {
    const near = entries.find((entry) => entry.isIntersecting);
    if (near) refresh({ shown: near.target.dataset.more });
  },
  { root: sessions, rootMargin: "200px" },
);

function arrange() {
  const closed = closedFolders();
  for (const folder of sessions.querySelectorAll(".side-folder")) folder.open = !closed.has(folder.dataset.folder);
  older.disconnect();
  const more = sessions.querySelector("[data-more]");
  if (more) older.observe(more);
}

sessions.addEventListener("renewed", arrange);
arrange();

sessions.addEventListener("click", async ({ target }) => {
  const button = target.closest(".session-more");
  const more = target.closest("[data-more]");
  const folder = target.closest("summary")?.parentElement;
  if (folder) rememberFolder(folder);
  else if (button) (await import("./sidebar/menu.js")).openMenu(button.closest("[data-session]").dataset.session);
  else if (more) refresh({ shown: more.dataset.more });
});

// It opens at once: what is typed until the rest of it has come is typed into it.
async function openPalette() {
  if (palette.open) return;
  const input = palette.querySelector("input");
  let isEntered = false;
  const hear = ({ key, isComposing }) => (isEntered ||= key === "Enter" && !isComposing);
  input.value = "";
  input.addEventListener("keydown", hear);
  palette.showModal();
  input.focus();
  const { begin } = await import("./palette.js");
  input.removeEventListener("keydown", hear);
  begin(isEntered);
}

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
// Of the page before.
if (sessionStorage.getItem("undo")) import("./toast.js").then(({ offerAgain }) => offerAgain());
