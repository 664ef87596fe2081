// The box people type in: grows, keeps drafts, sends with Enter, stops with Escape, and lets what is sent
// while an answer is being written wait for its end.
import { attachments } from "./attachments.js";

export function composer({ onSend, onStop }) {
  const form = document.querySelector("#composer");
  const input = document.querySelector("#composer-input");
  const send = document.querySelector("#send");
  const stop = document.querySelector("#stop");
  const error = document.querySelector("#composer-error");
  const models = document.querySelector("#model");
  const files = attachments({ onChange: onFiles, onError: (message) => showError(message) });
  const draftKey = () => `draft:${location.pathname}`;
  const model = () => models.querySelector("input:checked")?.value ?? null;
  const isQueued = () => localStorage.getItem(`queue:${location.pathname}`) !== null;
  let isBusy = false;
  let isWanted = false; // sent while its files were still on their way
  let waiting; // what is to be sent after the answer, once anything is
  let editLast = () => {};

  function refresh() {
    const hasQuestion = input.value.trim() || files.any();
    send.disabled = !hasQuestion || !files.areReady();
    send.hidden = isBusy && !hasQuestion;
    stop.hidden = !isBusy;
    input.style.height = "auto";
    input.style.height = `${input.scrollHeight}px`;
  }

  function onFiles() {
    refresh();
    if (isWanted && files.areReady()) submit();
  }

  function submit() {
    const text = input.value.trim();
    isWanted = !files.areReady();
    if (!(text || files.any()) || isWanted) return;
    input.value = "";
    const question = { text, files: files.take() };
    refresh();
    if (isBusy) line(question);
    else deliver(question);
  }

  // The answer may have ended meanwhile.
  async function line(question) {
    const key = draftKey();
    const queue = await loadQueue().catch(() => null);
    if (!queue) {
      files.giveBack(question.files);
      return giveBack(question.text, document.querySelector("#chat").dataset.lost);
    }
    queue.add(question);
    localStorage.removeItem(key);
    sendNext();
  }

  async function loadQueue() {
    const { queue } = await import("./queue.js");
    return (waiting ??= queue());
  }

  function sendNext() {
    const next = !isBusy && waiting?.take();
    if (next) deliver(next);
  }

  // The draft is forgotten when the portal has the question; one that was not taken is not lost.
  async function deliver({ text, files: attached }) {
    const key = draftKey();
    try {
      await onSend({ text, model: model(), attachments: attached.map(({ id }) => id) });
      if (localStorage.getItem(key)?.trim() === text) localStorage.removeItem(key);
    } catch (failure) {
      files.giveBack(attached);
      giveBack(text, failure.message);
    }
  }

  async function loadPicker() {
    const at = document.activeElement;
    (await import("./picker.js")).picker(at);
  }

  // What was typed before the editor came was meant for it.
  async function edit() {
    await editLast();
    const editor = document.activeElement;
    if (editor === input || !input.value) return;
    editor.value += input.value;
    input.value = "";
    localStorage.removeItem(draftKey());
    refresh();
  }

  function giveBack(text, message) {
    input.value ||= text;
    refresh();
    showError(message);
  }

  models.addEventListener("toggle", loadPicker, { once: true });
  input.addEventListener("input", () => {
    isWanted = false;
    localStorage.setItem(draftKey(), input.value);
    refresh();
  });
  // The prompt library comes with the first "/".
  input.addEventListener("input", async function library() {
    if (!input.value.startsWith("/")) return;
    input.removeEventListener("input", library);
    (await import("./prompts.js")).offerPrompts(input);
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      submit();
    } else if (event.key === "ArrowUp" && !input.value) {
      event.preventDefault();
      edit();
    }
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    // Enter in the list of models chooses, also before its script is here.
    if (models.open && models.contains(document.activeElement)) models.querySelector("summary").click();
    else submit();
  });
  stop.addEventListener("click", onStop);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && isBusy && !document.querySelector("dialog[open]")) onStop();
  });

  function showError(message) {
    error.textContent = message;
    error.hidden = !message;
  }

  // Whoever typed before this script was here keeps what they typed.
  input.value ||= localStorage.getItem(draftKey()) ?? "";
  files.restore();
  refresh();

  return {
    giveBack,
    showError,
    model,
    setBusy(busy) {
      const hasEnded = isBusy && !busy;
      isBusy = busy;
      refresh();
      if (hasEnded) sendNext();
    },
    // Follow-ups of a page that was left meanwhile go on now.
    async begin() {
      if (!isQueued()) return;
      await loadQueue();
      sendNext();
    },
    fillAndSend(text) {
      input.value = text;
      submit();
    },
    // After what is there already.
    put(text, attached) {
      files.giveBack(attached);
      input.value = [input.value.trimEnd(), text].filter(Boolean).join("\n\n");
      input.dispatchEvent(new Event("input"));
      input.focus();
    },
    onEditLast(edit) {
      editLast = edit;
    },
  };
}
