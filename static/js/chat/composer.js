// The box people type in: grows, keeps drafts, sends with Enter, stops with Escape, and lets what is sent
// while an answer is being written wait for its end.
import { attachments } from "./attachments.js";
import { picker } from "./picker.js";
import { queue } from "./queue.js";

export function composer({ onSend, onStop }) {
  const form = document.querySelector("#composer");
  const input = document.querySelector("#composer-input");
  const send = document.querySelector("#send");
  const stop = document.querySelector("#stop");
  const error = document.querySelector("#composer-error");
  const model = picker();
  const waiting = queue();
  const files = attachments({ onChange: () => refresh(), onError: (message) => showError(message) });
  const draftKey = () => `draft:${location.pathname}`;
  let isBusy = false;
  let editLast = () => {};

  function refresh() {
    const hasQuestion = input.value.trim() || files.any();
    send.disabled = !hasQuestion || !files.areReady();
    send.hidden = isBusy && !hasQuestion;
    stop.hidden = !isBusy;
    input.style.height = "auto";
    input.style.height = `${input.scrollHeight}px`;
  }

  function submit() {
    const text = input.value.trim();
    if (!(text || files.any()) || !files.areReady()) return;
    input.value = "";
    const question = { text, files: files.take() };
    refresh();
    if (isBusy) {
      waiting.add(question);
      localStorage.removeItem(draftKey());
    } else deliver(question);
  }

  // The draft is forgotten when the portal has the question; one that was not taken is not lost.
  async function deliver({ text, files: attached }) {
    const key = draftKey();
    try {
      await onSend({ text, model: model.chosen(), attachments: attached.map(({ id }) => id) });
      if (localStorage.getItem(key)?.trim() === text) localStorage.removeItem(key);
    } catch (failure) {
      files.giveBack(attached);
      giveBack(text, failure.message);
    }
  }

  function giveBack(text, message) {
    input.value ||= text;
    refresh();
    showError(message);
  }

  input.addEventListener("input", () => {
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
      editLast();
    }
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
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
    model: model.chosen,
    setBusy(busy) {
      const hasEnded = isBusy && !busy;
      isBusy = busy;
      refresh();
      const next = hasEnded && waiting.take();
      if (next) deliver(next);
    },
    // Follow-ups of a page that was left meanwhile go on now.
    begin() {
      const next = !isBusy && waiting.take();
      if (next) deliver(next);
    },
    fillAndSend(text) {
      input.value = text;
      submit();
    },
    onEditLast(edit) {
      editLast = edit;
    },
  };
}
