// The box people type in: grows, keeps drafts, sends with Enter, stops with Escape.
export function composer({ onSend, onStop }) {
  const form = document.querySelector("#composer");
  const input = document.querySelector("#composer-input");
  const model = document.querySelector("#model");
  const send = document.querySelector("#send");
  const stop = document.querySelector("#stop");
  const error = document.querySelector("#composer-error");
  const draftKey = `draft:${location.pathname}`;
  let isBusy = false;

  function refresh() {
    send.disabled = isBusy || !input.value.trim();
    input.style.height = "auto";
    input.style.height = `${input.scrollHeight}px`;
  }

  function submit() {
    const text = input.value.trim();
    if (text && !isBusy) onSend(text, model.value);
  }

  input.addEventListener("input", () => {
    localStorage.setItem(draftKey, input.value);
    refresh();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  stop.addEventListener("click", onStop);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && isBusy) onStop();
  });

  // Whoever typed before this script was here keeps what they typed.
  input.value ||= localStorage.getItem(draftKey) ?? "";
  refresh();

  return {
    setBusy(busy) {
      isBusy = busy;
      send.hidden = busy;
      stop.hidden = !busy;
      refresh();
    },
    clear() {
      input.value = "";
      localStorage.removeItem(draftKey);
      refresh();
    },
    showError(message) {
      error.textContent = message;
      error.hidden = !message;
    },
    fillAndSend(text) {
      input.value = text;
      submit();
    },
  };
}
