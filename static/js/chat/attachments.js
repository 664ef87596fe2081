// Files beside what is typed: chosen, dropped or pasted, uploaded at once, shown as chips until they are sent.
const MAX_FILES = 5;
const MAX_BYTES = 50 * 1024 * 1024;
const token = () => document.querySelector("#chat [name=csrfmiddlewaretoken]").value;
const NOTHING = { any: () => false, areReady: () => true, take: () => [], giveBack() {}, restore() {} };

export function attachments({ onChange, onError }) {
  const list = document.querySelector("#attachments");
  const button = document.querySelector("#attach");
  if (!button) return NOTHING; // a chat that is not stored takes none
  const input = document.querySelector("#attach-files");
  const chat = document.querySelector("#chat");
  const words = list.dataset;
  const key = () => `files:${location.pathname}`;
  let chips = []; // { name, size, file: what the portal answered, error, element, cancel }

  function changed() {
    const kept = chips.flatMap(({ file }) => file ?? []);
    if (kept.length) localStorage.setItem(key(), JSON.stringify(kept));
    else localStorage.removeItem(key());
    list.hidden = !chips.length;
    onChange();
  }

  function add(files) {
    onError("");
    for (const file of files) {
      if (chips.length >= MAX_FILES) {
        onError(words.tooMany);
        break;
      }
      const chip = show({ name: file.name, size: file.size });
      if (file.size > MAX_BYTES) fail(chip, words.tooLarge);
      else upload(chip, file);
    }
    changed();
  }

  function show(chip) {
    chip.element = document.querySelector("#chip-template").content.firstElementChild.cloneNode(true);
    chip.element.querySelector(".file-name").textContent = chip.name;
    chip.element.querySelector(".file-about").textContent = sized(chip.size);
    const remove = chip.element.querySelector("button");
    remove.setAttribute("aria-label", `${words.remove}: ${chip.name}`);
    remove.addEventListener("click", () => discard(chip));
    chips.push(chip);
    list.append(chip.element);
    return chip;
  }

  function upload(chip, file) {
    const form = new FormData();
    form.append("files", file);
    const request = new XMLHttpRequest();
    const progress = chip.element.querySelector("progress");
    progress.hidden = false;
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      progress.value = loaded / total;
      // It has arrived, and is being read.
      if (loaded === total) progress.removeAttribute("value");
    });
    request.addEventListener("load", () => {
      progress.hidden = true;
      if (request.status === 201) arrived(chip, request.response.data[0]);
      else fail(chip, request.response?.error?.message ?? words.lost);
    });
    request.addEventListener("error", () => fail(chip, words.lost));
    request.open("POST", "/api/chat/attachments");
    request.responseType = "json";
    request.setRequestHeader("x-csrftoken", token());
    request.send(form);
    chip.cancel = () => request.abort();
  }

  function arrived(chip, file) {
    chip.file = file;
    chip.cancel = null;
    chip.element.querySelector(".file-name").textContent = file.name;
    if (file.message) chip.element.querySelector(".file-about").textContent = file.message;
    if (file.previewUrl) {
      const picture = chip.element.querySelector("img");
      picture.src = file.previewUrl;
      picture.hidden = false;
      chip.element.querySelector(".icon").remove();
    }
    changed();
  }

  function fail(chip, message) {
    chip.error = message;
    chip.cancel = null;
    chip.element.querySelector("progress").hidden = true;
    chip.element.querySelector(".file-about").textContent = message;
    chip.element.dataset.failed = "";
    changed();
  }

  // One that was uploaded and is not wanted goes from the portal, too.
  function discard(chip) {
    chip.cancel?.();
    if (chip.file) {
      const headers = { "x-csrftoken": token() };
      fetch(`/api/chat/attachments/${chip.file.id}`, { method: "DELETE", headers }).catch(() => {});
    }
    drop(chip);
    button.focus();
  }

  function drop(chip) {
    chips = chips.filter((other) => other !== chip);
    chip.element.remove();
    changed();
  }

  function giveBack(files) {
    for (const file of files) arrived(show({ name: file.name, size: file.size }), file);
  }

  button.addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    add(input.files);
    input.value = "";
  });
  document.querySelector("#composer-input").addEventListener("paste", (event) => {
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    add(event.clipboardData.files);
  });
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  chat.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    chat.dataset.dropping = "";
  });
  chat.addEventListener("dragleave", (event) => {
    if (!chat.contains(event.relatedTarget)) delete chat.dataset.dropping;
  });
  chat.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    delete chat.dataset.dropping;
    add(event.dataTransfer.files);
  });

  return {
    any: () => chips.length > 0,
    areReady: () => chips.every(({ file }) => file),
    // What is sent now: the chips are gone, the files belong to the question.
    take() {
      const files = chips.map(({ file }) => file);
      [...chips].forEach(drop);
      return files;
    },
    giveBack,
    // Those of a draft survive a reload.
    restore: () => giveBack(JSON.parse(localStorage.getItem(key()) ?? "[]")),
  };
}

function sized(bytes) {
  const [unit, value] = bytes < 1e6 ? ["kilobyte", bytes / 1e3] : ["megabyte", bytes / 1e6];
  const style = { style: "unit", unit, maximumFractionDigits: value < 10 ? 1 : 0 };
  return new Intl.NumberFormat(document.documentElement.lang, style).format(value);
}
