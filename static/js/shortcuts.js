// Shortcuts are the buttons of their own list: each names its keys, and what it clicks.
const dialog = document.querySelector("#shortcuts");
const use = document.querySelector("#use-shortcuts");
const OFF = "portal-shortcuts-off";

const isTyping = (element) => element.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");

// Letters by what they write, marks by where they are: with Shift they write something else.
function keysOf(event) {
  const key = /^[a-z]$/i.test(event.key) ? event.key.toLowerCase() : event.code.replace(/^Key/, "").toLowerCase();
  const mark = /^[a-z]$/.test(key) ? key : event.code;
  return (event.shiftKey ? "shift+" : "") + mark;
}

// The last of them: of answers and code blocks that is the newest.
function run(button) {
  const targets = [...document.querySelectorAll(button.dataset.click)];
  const target = targets.filter((element) => element.checkVisibility({ visibilityProperty: true })).at(-1) ?? targets.at(-1);
  if (!target) return false;
  if (dialog.open) dialog.close();
  target.click();
  return true;
}

function openList() {
  for (const button of dialog.querySelectorAll("[data-click]")) {
    button.disabled = !document.querySelector(button.dataset.click);
  }
  dialog.showModal();
}

document.addEventListener("keydown", (event) => {
  if (!use.checked || event.altKey) return;
  if (event.key === "?" && !event.ctrlKey && !event.metaKey && !isTyping(event.target) && !dialog.open) return openList();
  if (!event.ctrlKey && !event.metaKey) return;
  const button = dialog.querySelector(`[data-keys="${CSS.escape(keysOf(event))}"]`);
  if (button && run(button)) event.preventDefault();
});
dialog.addEventListener("click", (event) => {
  const button = event.target.closest("[data-click]");
  if (button) run(button);
  else if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
});
document.querySelector("#open-shortcuts").addEventListener("click", openList);
use.checked = !localStorage.getItem(OFF);
use.addEventListener("change", () => {
  if (use.checked) localStorage.removeItem(OFF);
  else localStorage.setItem(OFF, "true");
});
