// Reads the answer to a screen reader sentence by sentence, never token by token.
const SENTENCE_END = /[.!?…:]["”)]?\s/g;

export function announcer() {
  const region = document.querySelector("#announcer");
  let said = 0;

  function say(text) {
    if (text.trim()) region.textContent = text.trim();
  }

  return {
    hear(answer) {
      if (answer.dataset.status !== "streaming") return;
      const text = answer.querySelector(".answer").textContent;
      const ends = [...text.slice(said).matchAll(SENTENCE_END)];
      if (!ends.length) return;
      const last = ends.at(-1);
      const end = said + last.index + last[0].length;
      say(text.slice(said, end));
      said = end;
    },
    finish(answer) {
      say(answer.querySelector(".answer").textContent.slice(said));
      said = 0;
    },
  };
}
