// A title is changed where it stands: Enter or leaving keeps it, Escape does not.
import { file } from "./filing.js";
import { entryOf, hold } from "./list.js";

export function rename(id) {
  const release = hold();
  const link = entryOf(id).querySelector("a");
  const input = document.createElement("input");
  Object.assign(input, { className: "session-title", maxLength: 200, value: link.textContent });
  input.setAttribute("aria-label", document.querySelector('[data-do="rename"]').textContent.trim());
  link.hidden = true;
  link.after(input);
  input.focus();
  input.select();
  let isOver = false;

  async function end(keep) {
    if (isOver) return;
    isOver = true;
    const title = input.value.trim();
    const hadFocus = document.activeElement === input;
    const isNew = keep && title && title !== link.textContent;
    if (isNew) link.textContent = title;
    link.hidden = false;
    input.remove();
    if (hadFocus) link.focus();
    if (isNew) await file("rename", [id], title);
    release();
  }

  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    end(event.key === "Enter");
  });
  input.addEventListener("blur", () => end(true));
}
