// The choice of a model: a list that opens from its name. It was opened, with the focus at `begun`, before this
// came: who has gone on meanwhile is left where they are.
export function picker(begun) {
  const box = document.querySelector("#model");
  const shown = document.querySelector("#model-chosen");

  function close() {
    box.open = false;
    box.querySelector("summary").focus();
  }

  function show() {
    const chosen = box.querySelector("input:checked");
    if (chosen) shown.textContent = chosen.value;
  }

  function enter() {
    if (box.open) box.querySelector("input:checked")?.focus();
  }

  box.addEventListener("change", show);
  // Arrows try models out; a click, or Enter, has chosen.
  box.addEventListener("click", (event) => {
    if (event.target.matches("input") && event.detail) close();
  });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" && !(event.key === "Enter" && event.target.matches("input"))) return;
    if (!box.open) return;
    event.preventDefault();
    event.stopPropagation();
    close();
  });
  box.addEventListener("toggle", enter);
  document.addEventListener("click", (event) => {
    if (box.open && !box.contains(event.target)) box.open = false;
  });
  show();
  const at = document.activeElement;
  if (at === begun) enter();
  else if (!box.contains(at)) box.open = false;
}
