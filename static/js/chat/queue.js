// Follow-ups typed while an answer is being written. They survive a reload.
export function queue() {
  const list = document.querySelector("#queue");
  const key = () => `queue:${location.pathname}`;
  let texts = JSON.parse(localStorage.getItem(key()) ?? "[]");

  function change(next) {
    texts = next;
    if (texts.length) localStorage.setItem(key(), JSON.stringify(texts));
    else localStorage.removeItem(key());
    list.replaceChildren(...texts.map(entry));
    list.hidden = !texts.length;
  }

  function entry(text, index) {
    const item = document.createElement("li");
    const words = document.createElement("span");
    words.textContent = text;
    const remove = document.createElement("button");
    Object.assign(remove, { type: "button", className: "icon-button", textContent: "×" });
    remove.setAttribute("aria-label", list.dataset.remove);
    remove.addEventListener("click", () => change(texts.filter((_, at) => at !== index)));
    item.append(words, remove);
    return item;
  }

  change(texts);
  return {
    add: (text) => change([...texts, text]),
    take() {
      const [first, ...others] = texts;
      change(others);
      return first;
    },
  };
}
