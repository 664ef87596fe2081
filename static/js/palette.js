// Search and commands from the keyboard, after the WAI-ARIA combobox pattern: focus stays in the field.
const PAUSE = 120;
const dialog = document.querySelector("#palette");
const input = dialog.querySelector("#palette-input");
const found = dialog.querySelector("#palette-hits");
const commands = dialog.querySelector("#palette-commands");
const none = dialog.querySelector("#palette-none");
const status = dialog.querySelector("#palette-status");
let asking = new AbortController();
let waiting;
let active = null;
let isCurrent = false; // what is listed is for what is typed
let isChosen = false; // Enter came before the answer did

// It is open; something may have been typed already, and Enter, too.
export function begin(isEntered) {
  if (!dialog.open) return;
  isCurrent = false;
  isChosen = isEntered;
  filterCommands();
  ask();
}

function options() {
  return [...dialog.querySelectorAll("[role=option]:not([hidden])")];
}

function activate(option) {
  active?.removeAttribute("aria-selected");
  active = option ?? null;
  active?.setAttribute("aria-selected", "true");
  active?.scrollIntoView({ block: "nearest" });
  if (active) input.setAttribute("aria-activedescendant", active.id);
  else input.removeAttribute("aria-activedescendant");
}

function filterCommands() {
  const words = input.value.trim().toLowerCase().split(/\s+/);
  let shown = 0;
  for (const command of commands.querySelectorAll("[role=option]")) {
    const name = command.textContent.toLowerCase();
    command.hidden = !words.every((word) => name.includes(word));
    if (!command.hidden) shown += 1;
  }
  commands.hidden = !shown;
}

async function ask() {
  asking.abort();
  asking = new AbortController();
  const query = new URLSearchParams({ q: input.value.trim() });
  try {
    const answer = await fetch(`${dialog.dataset.url}?${query}`, { signal: asking.signal });
    // Ours: every text in it is escaped by the server.
    if (answer.ok && !answer.redirected) found.innerHTML = await answer.text();
  } catch (error) {
    if (error.name === "AbortError") return;
    found.replaceChildren();
  }
  found.hidden = !found.querySelector("[role=option]");
  const all = options();
  none.hidden = all.length > 0;
  status.textContent = all.length ? (found.querySelector("[data-status]")?.dataset.status ?? "") : none.textContent;
  activate(all[0]);
  isCurrent = true;
  if (isChosen && active) run(active);
}

function run(option) {
  isChosen = false;
  dialog.close();
  if (option.dataset.click) document.querySelector(option.dataset.click).click();
  else location.assign(option.href);
}

input.addEventListener("input", () => {
  isCurrent = isChosen = false;
  asking.abort();
  filterCommands();
  activate(options()[0]);
  clearTimeout(waiting);
  waiting = setTimeout(ask, PAUSE);
});

input.addEventListener("keydown", (event) => {
  const all = options();
  const index = all.indexOf(active);
  const next = { ArrowDown: index + 1, ArrowUp: index - 1, PageDown: index + 8, PageUp: index - 8 }[event.key];
  if (next !== undefined && all.length) {
    event.preventDefault();
    const isStep = event.key.startsWith("Arrow");
    activate(all.at(isStep ? next % all.length : Math.max(0, Math.min(next, all.length - 1))));
  } else if (event.key === "Enter" && !event.isComposing) {
    event.preventDefault();
    if (isCurrent && active) run(active);
    else isChosen = true;
  }
});

dialog.addEventListener("click", (event) => {
  const option = event.target.closest("[role=option]");
  if (option?.dataset.click) run(option);
  else if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
});
// Escape belongs to the dialog: nothing behind it is stopped or closed.
dialog.addEventListener("keydown", (event) => event.key === "Escape" && event.stopPropagation());
