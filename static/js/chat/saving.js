// Into one's stuff: an answer, a block of its code, what is selected in it, a file. What was saved is marked.
import { offer } from "../toast.js";

const chat = document.querySelector("#chat");
const token = () => chat.querySelector("[name=csrfmiddlewaretoken]").value;

export async function save(button, turn, box) {
  button.disabled = true;
  const answer = await fetch(`/api/chat/messages/${turn.id}/save`, {
    method: "POST",
    headers: { "x-csrftoken": token(), "content-type": "application/json" },
    body: JSON.stringify(part(button, turn)),
  }).catch(() => null);
  button.disabled = false;
  button.focus({ preventScroll: true });
  if (!answer?.ok) return box.showError(answer ? (await answer.json()).error.message : chat.dataset.lost);
  const item = await answer.json();
  const link = mark(turn, item);
  if ("saveSelection" in button.dataset) {
    // It is done with, and stands over what comes behind it.
    getSelection().removeAllRanges();
    link.focus({ preventScroll: true });
    button.remove();
  }
  const back = [["do", "delete"], ["item", item.id]];
  offer({ text: chat.dataset.kept, url: "/stuff/act", fields: back, open: item.url });
}

function part(button, turn) {
  if (button.matches(".save-code")) {
    const blocks = [...turn.querySelectorAll(".answer .code-block")];
    return { part: "code", index: blocks.indexOf(button.closest(".code-block")) };
  }
  if ("saveFile" in button.dataset) return { part: "file", attachmentId: button.dataset.saveFile };
  if ("saveSelection" in button.dataset) return { part: "selection", text: button.dataset.saveSelection };
  return { part: "answer" };
}

function mark(turn, { id, title, url }) {
  const line = document.createElement("li");
  const link = document.createElement("a");
  line.dataset.item = id;
  link.href = url;
  const icon = document.querySelector("#answer-template").content.querySelector("[data-save] svg");
  link.append(icon.cloneNode(true), title);
  line.append(link);
  const list = turn.querySelector(".kept");
  list.append(line);
  list.hidden = false;
  return link;
}

document.addEventListener("portal:undone", ({ detail }) => {
  const id = detail?.isDone && detail.fields.find(([name]) => name === "item")?.[1];
  const line = id && chat.querySelector(`.kept [data-item="${CSS.escape(id)}"]`);
  if (!line) return;
  const list = line.parentElement;
  line.remove();
  list.hidden = !list.children.length;
});
