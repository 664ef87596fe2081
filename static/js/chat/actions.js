// What the buttons below a question or an answer do.
import { speak } from "./speech.js";

const SAVES = ".save-code, [data-save], [data-save-file], [data-save-selection]";
const token = () => document.querySelector("#chat [name=csrfmiddlewaretoken]").value;

export function act(target, talk, box) {
  const button = target?.closest("button");
  const turn = button?.closest(".turn");
  if (!turn) return;
  if (button.dataset.show) talk.show(button.dataset.show);
  else if ("again" in button.dataset) talk.again(turn.id, box.model());
  else if ("branch" in button.dataset) branch(turn.id, box);
  else if ("speak" in button.dataset) speak(button, turn.querySelector(".answer"));
  else if (button.matches(SAVES)) import("./saving.js").then(({ save }) => save(button, turn, box));
  else if (button.dataset.rate) rate(button, turn, box);
  else if ("edit" in button.dataset) edit(turn, talk, box);
}

async function branch(message, box) {
  const headers = { "x-csrftoken": token() };
  const answer = await fetch(`/chat/messages/${message}/branch`, { method: "POST", headers });
  if (answer.ok) location.assign(answer.url);
  else box.showError(await answer.text());
}

async function rate(button, turn, box) {
  const isTakenBack = button.getAttribute("aria-pressed") === "true";
  const rating = isTakenBack ? null : button.dataset.rate;
  if (!(await store(turn.id, { rating }, box))) return;
  for (const other of turn.querySelectorAll("[data-rate]")) {
    other.setAttribute("aria-pressed", String(other.dataset.rate === rating));
  }
  if (rating === "down") askWhy(turn.id, box);
}

async function store(message, fields, box) {
  const answer = await fetch(`/api/chat/messages/${message}`, {
    method: "PATCH",
    headers: { "x-csrftoken": token(), "content-type": "application/json" },
    body: JSON.stringify(fields),
  }).catch(() => null);
  if (answer?.ok) return true;
  box.showError(answer ? (await answer.json()).error.message : document.querySelector("#chat").dataset.lost);
  return false;
}

function askWhy(message, box) {
  const dialog = document.querySelector("#rating");
  const reason = dialog.querySelector("textarea");
  reason.value = "";
  dialog.querySelector("[data-close]").onclick = () => dialog.close();
  dialog.querySelector("form").onsubmit = () => {
    if (reason.value.trim()) store(message, { rating: "down", ratingReason: reason.value }, box);
  };
  dialog.showModal();
}

function edit(turn, talk, box) {
  const question = turn.querySelector(".question");
  const form = document.querySelector("#editor-template").content.firstElementChild.cloneNode(true);
  const input = form.querySelector("textarea");
  input.value = question.textContent;
  const close = () => {
    form.replaceWith(question);
    turn.removeAttribute("data-editing");
    turn.querySelector("[data-edit]").focus();
  };
  const send = () => {
    const text = input.value.trim();
    if (!text) return;
    talk.ask({ text, model: box.model(), edits: turn.id }).catch(async (error) => {
      await talk.refresh();
      box.giveBack(text, error.message);
    });
  };
  form.querySelector("[data-cancel]").addEventListener("click", close);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      close();
    } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      send();
    }
  });
  turn.dataset.editing = "";
  question.replaceWith(form);
  input.focus();
  input.setSelectionRange(input.value.length, input.value.length);
}
