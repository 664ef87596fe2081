// What can be done with a turn. Comes when somebody comes near one.
import "../copy.js";
import "../notes.js";
import { act } from "./actions.js";

const chat = document.querySelector("#chat");
let mine;

export const tools = (talk, box) => (mine ??= listen(talk, box));

function listen(talk, box) {
  chat.addEventListener("click", async ({ target }) => {
    const draw = target.closest(".draw-code");
    if (draw) (await import("./diagram.js")).toggleDiagram(draw);
    else act(target, talk, box);
  });
  document.addEventListener("selectionchange", firstSelection);
  firstSelection();
  return {
    editLast() {
      const edits = chat.querySelectorAll('.turn[data-role="user"] [data-edit]');
      act([...edits].at(-1), talk, box);
    },
  };
}

async function firstSelection() {
  if (getSelection().isCollapsed) return;
  document.removeEventListener("selectionchange", firstSelection);
  (await import("./selecting.js")).followSelection();
}
