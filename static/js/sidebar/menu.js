// What can be done to one chat, after the WAI-ARIA menu pattern.
import { file } from "./filing.js";
import { entryOf, hold } from "./list.js";
import { rename } from "./renaming.js";
import { select } from "./selecting.js";

const menu = document.querySelector("#session-menu");
const dialog = document.querySelector("#folder-dialog");
const folder = dialog.querySelector("input");
let id;
let release;

// The list may have been renewed since somebody asked for it.
export function openMenu(session) {
  const entry = entryOf(session);
  if (!entry) return;
  const button = entry.querySelector(".session-more");
  id = session;
  release = hold();
  const isPinned = "pinned" in entry.dataset;
  item("pin").hidden = isPinned;
  item("unpin").hidden = !isPinned;
  menu.showPopover();
  place(button.getBoundingClientRect());
  button.setAttribute("aria-expanded", "true");
  items()[0].focus();
}

function item(name) {
  return menu.querySelector(`[data-do="${name}"]`);
}

function items() {
  return [...menu.querySelectorAll("[role=menuitem]:not([hidden])")];
}

function place({ top, bottom, left, right }) {
  const { offsetWidth: width, offsetHeight: height } = menu;
  const isRtl = getComputedStyle(menu).direction === "rtl";
  const x = isRtl ? right - width : left;
  const y = bottom + 4 + height > innerHeight ? top - height - 4 : bottom + 4;
  menu.style.left = `${Math.max(8, Math.min(x, innerWidth - width - 8))}px`;
  menu.style.top = `${Math.max(8, y)}px`;
}

function focusEntry() {
  entryOf(id)?.querySelector(".session-more").focus();
}

// Not "toggle": it comes later, and not at all where the menu is open again by then.
menu.addEventListener("beforetoggle", (event) => {
  if (event.newState !== "closed") return;
  entryOf(id)?.querySelector(".session-more").removeAttribute("aria-expanded");
  release();
});

menu.addEventListener("keydown", (event) => {
  const all = items();
  const index = all.indexOf(document.activeElement);
  const next = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: -1 }[event.key];
  if (next !== undefined) {
    event.preventDefault();
    all.at(next % all.length).focus();
  } else if (event.key === "Tab" || event.key === "Escape") {
    event.preventDefault();
    event.stopPropagation();
    menu.hidePopover();
    focusEntry();
  }
});

menu.addEventListener("click", async (event) => {
  const verb = event.target.closest("[data-do]")?.dataset.do;
  if (!verb) return;
  menu.hidePopover();
  if (verb === "rename") rename(id);
  else if (verb === "select") select(id);
  else if (verb === "move") chooseFolder();
  else {
    focusEntry();
    await file(verb, [id]);
  }
});

function chooseFolder() {
  focusEntry();
  folder.value = entryOf(id).dataset.folder;
  dialog.returnValue = "";
  dialog.showModal();
  folder.select();
}

// The drawer behind it stays open.
dialog.addEventListener("keydown", (event) => event.key === "Escape" && event.stopPropagation());
dialog.querySelector("[data-cancel]").addEventListener("click", () => dialog.close());
dialog.addEventListener("close", () => {
  if (dialog.returnValue === "move") file("move", [id], folder.value);
});
