// Questions and answers on the page. Only `html` that the server has sanitised becomes markup.
const list = document.querySelector("#turns");

function add(template, id) {
  const turn = document.querySelector(template).content.firstElementChild.cloneNode(true);
  turn.id = id;
  list.append(turn);
  return turn;
}

function block(answer, index) {
  const body = answer.querySelector(".answer");
  while (body.children.length <= index) {
    const next = document.createElement("div");
    next.dataset.block = String(body.children.length);
    body.append(next);
  }
  return body.children[index];
}

export const turns = {
  addQuestion({ id, text }) {
    add("#question-template", id).querySelector(".question").textContent = text;
  },

  addAnswer({ id, model }) {
    const answer = add("#answer-template", id);
    answer.querySelector(".answer-model").textContent = model;
    return answer;
  },

  setBlock(answer, { index, html }) {
    answer.querySelector(".typing").hidden = true;
    block(answer, index).innerHTML = html;
  },

  finish(answer, { status, error, output_tokens: tokens }) {
    answer.dataset.status = status;
    answer.querySelector(".typing").hidden = true;
    const box = answer.querySelector(".turn-error");
    box.textContent = error ?? "";
    box.hidden = !error;
    const meta = answer.querySelector(".answer-meta");
    const parts = tokens ? [`${tokens.toLocaleString()} ${meta.dataset.tokens}`] : [];
    if (status === "stopped") parts.push(meta.dataset.stopped);
    meta.textContent = parts.join(" · ");
  },

  showSession({ title, url }) {
    history.pushState(null, "", url);
    document.title = `${title} · LLM Portal`;
    document.querySelector("#page-title").textContent = title;
    const sidebar = document.querySelector("#sidebar-sessions");
    sidebar.querySelector(".side-empty")?.remove();
    const entry = document.createElement("a");
    Object.assign(entry, { className: "side-link", href: url, title, textContent: title });
    entry.setAttribute("aria-current", "page");
    const item = document.createElement("li");
    item.append(entry);
    if (!sidebar.querySelector("ul")) sidebar.append(document.createElement("ul"));
    sidebar.querySelector("ul").prepend(item);
  },
};
