// A button by what is selected in one answer. It stands behind the answer, so that Tab leads there.
const PAUSE = 120;
let button;
let waiting;

export function followSelection() {
  button = document.querySelector("#selection-template").content.firstElementChild.cloneNode(true);
  button.addEventListener("mousedown", (event) => event.preventDefault()); // what is selected stays so
  document.addEventListener("selectionchange", later);
  later();
}

function later() {
  clearTimeout(waiting);
  waiting = setTimeout(place, PAUSE);
}

function place() {
  const selection = getSelection();
  const text = selection.toString().trim();
  const answer = answerOf(selection);
  if (!text || !answer) {
    // Whoever has come to it by keyboard is not left without it.
    if (document.activeElement !== button) button.remove();
    return;
  }
  button.dataset.saveSelection = text;
  if (answer.nextElementSibling !== button) answer.after(button);
  const turn = answer.closest(".turn").getBoundingClientRect();
  const { bottom, left } = selection.getRangeAt(0).getBoundingClientRect();
  button.style.top = `${bottom - turn.top + 6}px`;
  button.style.left = `${Math.max(0, Math.min(left - turn.left, turn.width - button.offsetWidth))}px`;
}

function answerOf(selection) {
  if (!selection.rangeCount) return null;
  const { commonAncestorContainer: node } = selection.getRangeAt(0);
  const element = node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement;
  const answer = element.closest('.turn[data-role="assistant"] .answer');
  return answer?.closest(".turn").id ? answer : null;
}
