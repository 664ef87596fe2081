// The prompt library: a question that begins with "/" lists the prompts that have what follows. Focus stays in
// the field, after the WAI-ARIA listbox pattern; a text area may have no other role than its own.
const PAUSE = 120;
const HOLE = /\{\{[^{}]*\}\}/;
const list = document.querySelector("#prompts");
const status = document.querySelector("#prompts-status");

export function offerPrompts(input) {
  let asking = new AbortController();
  let waiting;
  let active = null;
  let isOffering = false; // what is typed may be looked for, and nobody pressed Escape
  let isCurrent = false; // what is listed is for what is typed
  let isChosen = false; // Enter came before the answer did
  let hasHoles = false; // a prompt was put in, and not all of it is written yet

  const options = () => [...list.querySelectorAll("[role=option]")];

  function activate(option) {
    active?.removeAttribute("aria-selected");
    active = option ?? null;
    active?.setAttribute("aria-selected", "true");
    active?.scrollIntoView({ block: "nearest" });
    if (active) input.setAttribute("aria-activedescendant", active.id);
    else input.removeAttribute("aria-activedescendant");
  }

  function close() {
    asking.abort();
    clearTimeout(waiting);
    activate(null);
    list.hidden = true;
    isOffering = isCurrent = isChosen = false;
    input.removeAttribute("aria-controls");
  }

  async function ask() {
    asking.abort();
    asking = new AbortController();
    const query = new URLSearchParams({ q: input.value.slice(1).trim() });
    try {
      const answer = await fetch(`${list.dataset.url}?${query}`, { signal: asking.signal });
      if (!answer.ok || answer.redirected) return giveUp();
      // Ours: every text in it is escaped by the server.
      list.innerHTML = await answer.text();
    } catch (error) {
      if (error.name !== "AbortError") giveUp();
      return;
    }
    list.hidden = false;
    input.setAttribute("aria-controls", list.id);
    status.textContent = list.querySelector("[data-status]").dataset.status;
    // Without a prompt that fits, Enter sends: what begins with "/" may be a question as well.
    activate(options().find((option) => "text" in option.dataset));
    isCurrent = true;
    if (isChosen) choose();
  }

  function giveUp() {
    const wasChosen = isChosen;
    close();
    if (wasChosen) input.form.requestSubmit();
  }

  function choose() {
    isChosen = false;
    if (!active) {
      close();
      input.form.requestSubmit();
    } else if ("text" in active.dataset) insert(active.dataset.text);
    else location.assign(active.href);
  }

  function insert(text) {
    close();
    input.focus();
    input.setSelectionRange(0, input.value.length);
    // Keeps Ctrl+Z; a browser without it gets the text all the same.
    if (!document.execCommand("insertText", false, text)) input.setRangeText(text, 0, input.value.length, "end");
    input.dispatchEvent(new Event("input", { bubbles: true }));
    hasHoles = selectHole(0);
    close();
  }

  function selectHole(from) {
    const hole = HOLE.exec(input.value.slice(from));
    if (!hole) return false;
    const start = from + hole.index;
    input.setSelectionRange(start, start + hole[0].length);
    return true;
  }

  function onInput() {
    hasHoles &&= HOLE.test(input.value);
    isCurrent = isChosen = false;
    clearTimeout(waiting);
    isOffering = /^\/[^\n]{0,200}$/.test(input.value);
    if (isOffering) waiting = setTimeout(ask, PAUSE);
    else close();
  }

  // Before the composer sees it.
  input.form.addEventListener("keydown", (event) => {
    if (event.target !== input || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (onKey(event)) {
      event.preventDefault();
      event.stopPropagation();
    }
  }, { capture: true });

  function onKey({ key, shiftKey }) {
    if (key === "Tab" && !shiftKey && hasHoles) return selectHole(input.selectionEnd) || selectHole(0);
    if (!isOffering) return false;
    if (key === "Escape") {
      close();
      return true;
    }
    if ((key === "Enter" && !shiftKey) || (key === "Tab" && active)) {
      if (isCurrent) choose();
      else isChosen = true;
      return true;
    }
    if ((key !== "ArrowDown" && key !== "ArrowUp") || list.hidden) return false;
    const all = options();
    const index = all.indexOf(active);
    activate(all.at(key === "ArrowDown" ? (index + 1) % all.length : index < 0 ? -1 : index - 1));
    return true;
  }

  input.addEventListener("input", onInput);
  input.addEventListener("blur", () => setTimeout(() => document.activeElement !== input && close(), 150));
  list.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option?.dataset.text !== undefined) insert(option.dataset.text);
  });
  onInput();
}
