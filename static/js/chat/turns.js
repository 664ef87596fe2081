// Questions and answers on the page. Only `html` that the server has sanitised becomes markup.
const list = document.querySelector("#turns");

const fromTemplate = (name) => document.querySelector(name).content.firstElementChild.cloneNode(true);
const pageIn = (text) => {
  const template = document.createElement("template");
  template.innerHTML = text;
  return template.content.querySelector(".turns-page");
};
const turnsIn = (page) => [...page.querySelectorAll(":scope > .turn")];
const current = () => list.querySelector(".turns-page");

function block(answer, index) {
  const body = answer.querySelector(".answer");
  while (body.children.length <= index) {
    const next = document.createElement("div");
    next.dataset.block = String(body.children.length);
    body.append(next);
  }
  return body.children[index];
}

// A turn that is as it was stays: whoever reads, selects or has the focus in it is not disturbed.
function reconciled(fresh) {
  const known = fresh.id && document.getElementById(fresh.id);
  if (!known) return fresh;
  if (known.dataset.state === fresh.dataset.state) return known;
  const [read, told] = [known, fresh].map((turn) => turn.querySelector(".answer"));
  // Its words are the same: what somebody has just opened or pressed in it stays.
  if (read?.textContent === told?.textContent) told?.replaceWith(read);
  return fresh;
}

export const turns = {
  any: () => Boolean(list.querySelector(".turn")),
  active: () => current().dataset,
  earlier: () => document.querySelector("#earlier")?.dataset.before,

  // The question as it was typed and an answer to come, until the portal has stored both.
  addPending({ text, edits }) {
    if (edits) {
      const edited = document.getElementById(edits);
      while (edited.nextElementSibling) edited.nextElementSibling.remove();
      edited.remove();
    }
    const question = fromTemplate("#question-template");
    question.querySelector(".question").textContent = text;
    const answer = fromTemplate("#answer-template");
    for (const turn of [question, answer]) turn.dataset.pending = "";
    current().querySelector(":scope > .context")?.remove();
    current().append(question, answer);
    return { answer, remove: () => [question, answer].forEach((turn) => turn.remove()) };
  },

  // The end of the conversation in place of what is shown; what was read of its beginning stays.
  replace(text) {
    const page = pageIn(text);
    const fresh = turnsIn(page);
    const first = fresh[0] && turnsIn(current()).findIndex((turn) => turn.id === fresh[0].id);
    const kept = first > 0 ? turnsIn(current()).slice(0, first) : [];
    const marker = (kept.length ? current() : page).querySelector(".earlier");
    const gauge = page.querySelector(":scope > .context");
    page.replaceChildren(...[marker, ...kept, ...fresh.map(reconciled), gauge].filter(Boolean));
    list.replaceChildren(page);
    return page.dataset;
  },

  prepend(text) {
    const page = pageIn(text);
    document.querySelector("#earlier")?.remove();
    current().prepend(...page.children);
  },

  clear(answer) {
    answer.querySelector(".thoughts").textContent = "";
  },

  think(answer, text) {
    answer.querySelector(".thinking").hidden = false;
    answer.querySelector(".thoughts").append(text);
  },

  setBlock(answer, { index, html }) {
    answer.querySelector(".typing").hidden = true;
    block(answer, index).innerHTML = html;
  },

  finish(answer, { status, error }) {
    answer.dataset.status = status;
    answer.querySelector(".typing").hidden = true;
    const box = answer.querySelector(".turn-error");
    box.textContent = error ?? "";
    box.hidden = !error;
  },

  textOf: (answer) => answer.querySelector(".answer").innerText,
};
