// Follow-ups typed while an answer is being written. They survive a reload.
export function queue() {
  const list = document.querySelector("#queue");
  const key = () => `queue:${location.pathname}`;
  let questions = JSON.parse(localStorage.getItem(key()) ?? "[]"); // { text, files }

  function change(next) {
    questions = next;
    if (questions.length) localStorage.setItem(key(), JSON.stringify(questions));
    else localStorage.removeItem(key());
    list.replaceChildren(...questions.map(entry));
    list.hidden = !questions.length;
  }

  function entry({ text, files }, index) {
    const item = document.createElement("li");
    const words = document.createElement("span");
    words.textContent = [text, ...files.map(({ name }) => name)].filter(Boolean).join(" · ");
    const remove = document.createElement("button");
    Object.assign(remove, { type: "button", className: "icon-button", textContent: "×" });
    remove.setAttribute("aria-label", list.dataset.remove);
    remove.addEventListener("click", () => change(questions.filter((_, at) => at !== index)));
    item.append(words, remove);
    return item;
  }

  change(questions);
  return {
    add: (question) => change([...questions, question]),
    take() {
      const [first, ...others] = questions;
      change(others);
      return first;
    },
  };
}
